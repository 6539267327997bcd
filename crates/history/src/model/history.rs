//! A recorded history: an optional header and operations in any order.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::model::fault::Fault;
use crate::model::keyspace::Keyspace;
use crate::model::level::Level;
use crate::model::operation::{Fate, Operation};
use crate::model::skipped::Skipped;

/// The unit of a history's times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds: the unit of a history without a header.
    #[default]
    Nanoseconds,
    /// Microseconds.
    Microseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// No time at all: the numbers of events, as they were recorded one after another.
    Events,
}

impl Unit {
    /// How many nanoseconds one unit has; an event counts as one.
    pub fn nanoseconds(self) -> u64 {
        match self {
            Unit::Nanoseconds | Unit::Events => 1,
            Unit::Microseconds => 1_000,
            Unit::Milliseconds => 1_000_000,
            Unit::Seconds => 1_000_000_000,
        }
    }

    /// How many nanoseconds so many milliseconds are; events take no time that anybody knows.
    pub(crate) fn bound_ns(self, ms: u64) -> u128 {
        if self == Unit::Events { 0 } else { u128::from(ms) * 1_000_000 }
    }

    /// A span of time in words, such as `41 ms`: the largest unit that it fills, to one decimal.
    pub fn span(self, units: u64) -> String {
        match (self, units) {
            (Unit::Events, 1) => return "1 event".to_string(),
            (Unit::Events, _) => return format!("{units} events"),
            _ => {}
        }
        let ns = u128::from(units) * u128::from(self.nanoseconds());
        let (scale, name) = match ns {
            0..=999 => (1, "ns"),
            1_000..=999_999 => (1_000, "µs"),
            1_000_000..=999_999_999 => (1_000_000, "ms"),
            _ => (1_000_000_000, "s"),
        };
        let (whole, tenth) = (ns / scale, ns % scale * 10 / scale);
        if tenth == 0 || whole >= 100 {
            format!("{whole} {name}")
        } else {
            format!("{whole}.{tenth} {name}")
        }
    }
}

impl Unit {
    /// From when to when something took, such as `from 20 to 30 ms`.
    pub fn interval(self, start: u64, end: Option<u64>) -> String {
        if self == Unit::Events {
            let end = end.map_or(UNKNOWN_END.to_string(), |end| format!(" to event {end}"));
            return format!("from event {start}{end}");
        }
        let (scale, name) = self.scale(end.unwrap_or(start).max(start));
        let start = scaled(start, scale);
        match end {
            Some(end) => format!("from {start} to {} {name}", scaled(end, scale)),
            None => format!("from {start} {name}{UNKNOWN_END}"),
        }
    }

    /// How many of this unit make one in which people read such a time, and the name of that one.
    fn scale(self, units: u64) -> (u64, &'static str) {
        match (self, units) {
            (Unit::Seconds, _) => (1, "s"),
            (Unit::Milliseconds, _) => (1, "ms"),
            (Unit::Microseconds, 0..=999) => (1, "µs"),
            (Unit::Microseconds, _) => (1_000, "ms"),
            (_, 0..=999) => (1, "ns"),
            (_, 1_000..=999_999) => (1_000, "µs"),
            _ => (1_000_000, "ms"),
        }
    }
}

const UNKNOWN_END: &str = " on, with no known end";

/// A time in a larger unit, to three decimals at most.
fn scaled(units: u64, scale: u64) -> String {
    let thousandths = u128::from(units) * 1000 / u128::from(scale);
    let (whole, rest) = (thousandths / 1000, thousandths % 1000);
    if rest == 0 { whole.to_string() } else { format!("{whole}.{rest:03}") }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Nanoseconds => "ns",
            Unit::Microseconds => "us",
            Unit::Milliseconds => "ms",
            Unit::Seconds => "s",
            Unit::Events => "events",
        })
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(name: &str) -> Result<Unit, String> {
        match name {
            "ns" => Ok(Unit::Nanoseconds),
            "us" | "µs" => Ok(Unit::Microseconds),
            "ms" => Ok(Unit::Milliseconds),
            "s" => Ok(Unit::Seconds),
            "events" => Ok(Unit::Events),
            _ => Err(format!("unknown unit of time `{name}`; it is one of ns, us, ms, s, events")),
        }
    }
}

/// The first line of a history file: what its numbers mean and what was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The version of the format; 1 is the only one.
    pub version: u64,
    /// The unit of all times.
    pub unit: Unit,
    /// The level that the store promised, of what has no keyspace.
    pub level: Option<Level>,
    /// The keyspaces that promise something of their own.
    pub keyspaces: Vec<Keyspace>,
}

impl Header {
    /// A header of the current version, without keyspaces.
    pub fn new(unit: Unit, level: Option<Level>) -> Header {
        Header { version: Header::VERSION, unit, level, keyspaces: vec![] }
    }

    /// The version of the format that this crate reads and writes.
    pub const VERSION: u64 = 1;
}

/// A recorded history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// What the file says about itself.
    pub header: Option<Header>,
    /// The operations, in any order.
    pub operations: Vec<Operation>,
    /// The value of every key before the first write; `None` for nothing there.
    pub initial: Option<String>,
    /// What was done to the servers meanwhile, if somebody noted it.
    pub faults: Vec<Fault>,
    /// What else its file held.
    pub skipped: Skipped,
    /// The clients that the file knows by another name than their number.
    pub client_names: Vec<(u64, String)>,
    /// If it is a part of another one: who should make a final read of each key in that.
    pub askers: Askers,
}

/// Who should make a final read of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Askers {
    /// The servers that its file names.
    pub servers: BTreeSet<u64>,
    /// The clients that made final reads at all.
    pub clients: BTreeSet<u64>,
}

impl History {
    /// A history of these operations, in which keys start with nothing there.
    pub fn new(header: Option<Header>, operations: Vec<Operation>) -> History {
        History { header, operations, ..History::default() }
    }

    /// Who should make a final read of each key: every server that the file names, and each client
    /// that made one.
    pub(crate) fn askers(&self) -> Askers {
        let asked = |one: &&Operation| one.is_final && one.fate() != Fate::Refused;
        let mut all = self.askers.clone();
        all.servers.extend(self.operations.iter().filter_map(|one| one.server));
        all.clients.extend(self.operations.iter().filter(asked).map(|one| one.client));
        all
    }

    /// The unit of its times: the header's, else nanoseconds.
    pub fn unit(&self) -> Unit {
        self.header.as_ref().map(|header| header.unit).unwrap_or_default()
    }

    /// The same history, in which `causal` means another of its forms (`cc`, `cm`, or `causal`
    /// itself for `ccv`), in the header and where reads asked for it.
    pub fn with_causal(mut self, form: Level) -> History {
        let mean = |level: &mut Level| {
            if *level == Level::Causal {
                *level = form;
            }
        };
        for operation in &mut self.operations {
            operation.level.as_mut().map(mean);
        }
        if let Some(header) = &mut self.header {
            header.level.as_mut().map(mean);
            header.keyspaces.iter_mut().map(|keyspace| &mut keyspace.level).for_each(mean);
        }
        self
    }

    /// About how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        let operations = self.operations.capacity() * size_of::<Operation>();
        self.operations.iter().map(Operation::heap_bytes).sum::<usize>() + operations
    }

    /// The level that its header promises.
    pub fn promised(&self) -> Option<Level> {
        self.header.as_ref().and_then(|header| header.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_unit_that_people_read_them_in() {
        let table = [
            (Unit::Nanoseconds, 20, Some(999), "from 20 to 999 ns"),
            (Unit::Nanoseconds, 500, Some(1_500), "from 0.500 to 1.500 µs"),
            (Unit::Nanoseconds, 131_006_000, Some(2_000_000_000), "from 131.006 to 2000 ms"),
            (Unit::Microseconds, 3, Some(999), "from 3 to 999 µs"),
            (Unit::Microseconds, 1_500, Some(3_000), "from 1.500 to 3 ms"),
            (Unit::Milliseconds, 0, Some(5_000), "from 0 to 5000 ms"),
            (Unit::Milliseconds, 7, None, "from 7 ms on, with no known end"),
            (Unit::Seconds, 1, Some(2), "from 1 to 2 s"),
            (Unit::Events, 0, Some(3), "from event 0 to event 3"),
            (Unit::Events, 4, None, "from event 4 on, with no known end"),
            (
                Unit::Nanoseconds,
                u64::MAX,
                Some(u64::MAX),
                "from 18446744073709.551 to 18446744073709.551 ms",
            ),
        ];
        for (unit, start, end, told) in table {
            assert_eq!(unit.interval(start, end), told);
        }
    }
}
