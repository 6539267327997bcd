//! What is to be attempted, and how.

use std::path::Path;

use history::History;

use super::outcome::Attempt;
use crate::scenario::Scenario;

/// What is to be attempted.
pub(crate) struct Task<'a> {
    pub(crate) scenario: &'a Scenario,
    /// The file of the scenario.
    pub(crate) file: &'a Path,
    /// The text of that file.
    pub(crate) text: &'a str,
    /// The program that serves and asks.
    pub(crate) binary: &'a Path,
    /// Where runs are kept.
    pub(crate) runs: &'a Path,
    /// How long a request may take, in milliseconds.
    pub(crate) request_timeout_ms: u64,
    /// What random sleeps come from.
    pub(crate) seed: u64,
    /// Which of the repetitions this is, from 1.
    pub(crate) run: u32,
    /// Which attempt at it, from 1.
    pub(crate) number: u32,
    /// Draws the page of the attempt.
    pub(crate) page: fn(&Attempt, &History) -> String,
    /// Whether every operation is to be shown.
    pub(crate) all: bool,
    /// Whether the cluster is to go on.
    pub(crate) keep: bool,
    /// The level was named beside the file.
    pub(crate) at_other_level: bool,
}
