//! The pages of a run, made of what the crate `picture` draws.

mod comparison;
mod run;

#[cfg(test)]
mod tests;

pub(crate) use comparison::of_comparison;
pub(crate) use run::of_attempt;
