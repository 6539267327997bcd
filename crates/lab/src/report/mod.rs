//! What a run tells: operations as they happen, then the verdict, then the figures; and the same as
//! JSON for machines.

pub(crate) mod comparison;
mod levels;
mod live;
mod rows;
mod servers;
mod summary;
mod tables;
pub(crate) mod terminal;
pub(crate) mod text;
mod title;
mod verdict;

pub(crate) use levels::levels_lines;
pub(crate) use live::{Live, Phase, fault_line};
pub(crate) use rows::Rows;
pub(crate) use servers::{ready_lines, server_lines};
pub(crate) use summary::{levels_summary, summary};
pub(crate) use tables::{compare, figures_table, pace_line, repeats_table, table};
pub use tables::{latency, pace};
pub(crate) use text::labelled;
pub use text::millis;
pub(crate) use title::title_lines;
pub(crate) use verdict::verdict_lines;

#[cfg(test)]
mod tests;
