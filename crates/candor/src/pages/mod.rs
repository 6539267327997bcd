//! The pages of runs: what the runner tells, drawn by the crate `picture`.

mod comparison;
mod run;

pub(crate) use comparison::of_comparison;
pub(crate) use run::of_attempt;
