//! The plan of a world: all that a seed stands for, drawn before anything happens.
//!
//! Begin with [`Plan::draw`]. `setting.rs` is what a world is made of, `fault.rs` what can go
//! wrong, `chance.rs` where the numbers come from.

mod draw;

pub(crate) mod chance;
pub(crate) mod fault;
mod plain;
pub(crate) mod setting;
pub(crate) mod weather;

use std::collections::BTreeSet;

use crate::options::Options;
use crate::plan::fault::{Fault, Kind};
use crate::plan::setting::Setting;

/// All that a seed stands for, before anything happens.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) setting: Setting,
    pub(crate) faults: Vec<Fault>,
    /// The clients that ask for anything, by their places.
    pub(crate) clients: BTreeSet<usize>,
    /// How many operations they ask for, together.
    pub(crate) operations: u64,
}

impl Plan {
    /// The plan of a seed, or the part of it that the options leave.
    pub(crate) fn draw(seed: u64, options: &Options) -> Plan {
        let (setting, mut faults) = match options.plain {
            Some(plain) => (plain.setting(seed, options), vec![]),
            None => {
                let mut setting = Setting::draw(seed, options);
                let faults = draw::faults(seed, &setting);
                if faults.iter().any(|fault| matches!(fault.kind, Kind::Overwrite { .. })) {
                    // Where new entries come one by one, those that they replace are gone before as
                    // many are there again.
                    setting.limits.append_bytes = setting::append_least(&setting.weather);
                }
                (setting, faults)
            }
        };
        if let Some(only) = &options.only {
            faults.retain(|fault| only.contains(&fault.number));
        }
        let mut clients: BTreeSet<_> = (0..setting.load.clients).collect();
        if let Some(only) = &options.clients {
            clients.retain(|client| only.contains(client));
        }
        let operations = options.operations.unwrap_or(u64::MAX).min(setting.load.operations);
        Plan { seed, setting, faults, clients, operations }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_plan_keeps_its_numbers() {
        let whole = Plan::draw(4, &Options::default());
        let options = Options { only: Some(vec![2, 5]), clients: Some(vec![1]), ..whole_world() };
        let part = Plan::draw(4, &options);
        assert_eq!(part.faults, [whole.faults[2].clone(), whole.faults[5].clone()]);
        assert_eq!(part.clients, BTreeSet::from([1]));
        assert_eq!(part.setting.to_string(), whole.setting.to_string());
    }

    fn whole_world() -> Options {
        Options::default()
    }
}
