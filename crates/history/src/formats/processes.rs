//! Processes as clients: those that are small integers keep their number, all others, which may be
//! names, negative or fractional, get one behind them.

use std::collections::HashMap;

use super::datum::Datum;
use super::events::Event;

/// Processes above this are numbered as names are.
const NUMBER_MAX: u64 = 1 << 62;

/// The number of each process.
pub(super) struct Processes<'a> {
    /// Those that have a number because they are none.
    numbers: HashMap<&'a Datum<'a>, u64>,
    names: Vec<(u64, String)>,
}

impl<'a> Processes<'a> {
    pub(super) fn of(events: &'a [Event<'a>]) -> Processes<'a> {
        let processes = || events.iter().map(|event| &event.process);
        let mut next = processes().filter_map(number).max().map_or(0, |max| max + 1);
        let mut found = Processes { numbers: HashMap::new(), names: Vec::new() };
        for process in processes().filter(|process| number(process).is_none()) {
            found.numbers.entry(process).or_insert_with(|| {
                found.names.push((next, process.label().unwrap_or_default().into_owned()));
                next += 1;
                next - 1
            });
        }
        found
    }

    pub(super) fn client(&self, process: &Datum<'_>) -> u64 {
        number(process).or_else(|| self.numbers.get(process).copied()).unwrap_or(u64::MAX)
    }

    /// The clients whose process is no number of theirs, with its text.
    pub(super) fn into_names(self) -> Vec<(u64, String)> {
        self.names
    }
}

fn number(process: &Datum<'_>) -> Option<u64> {
    process.whole().filter(|&number| number <= NUMBER_MAX)
}
