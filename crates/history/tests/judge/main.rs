//! The judge is judged: against the definitions, against mutants, and by histories made by hand.

mod chance;
mod circles;
mod claims;
mod convergence;
mod formats;
mod gaps;
mod larger;
mod mutants;
mod named;
mod properties;
mod reference;
mod refusals;
mod truth;
mod witnesses;
