//! The judge is judged: against the definitions, against mutants, and by histories made by hand.

mod chance;
mod circles;
mod claims;
mod convergence;
mod formats;
mod mutants;
mod named;
mod reference;
mod refusals;
mod truth;
