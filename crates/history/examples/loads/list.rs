//! The loads on which the judge is set beside its peers: `bench/judge.py` writes them to files with
//! the example `loads`, and has each judged by the levels named here.

use history::History;

use crate::loads::{Load, merged, register, spoilt, trace};

/// One load: what its file is called, the levels that are judged, and the history.
pub(crate) struct Listed {
    pub(crate) name: &'static str,
    pub(crate) levels: &'static [&'static str],
    pub(crate) make: fn() -> History,
}

const LARGE: Load = Load {
    operations: 100_000,
    clients: 50,
    keys: 100,
    values: 0,
    unknown_percent: 0,
    write_percent: 50,
    cas_percent: 0,
    certificates: false,
};
const LARGE_UNKNOWN: Load = Load { unknown_percent: 5, ..LARGE };
const SMALL: Load = Load { operations: 1_000, ..LARGE };
const ONE_KEY: Load = Load { keys: 1, values: 5, ..SMALL };
const CAS: Load = Load { write_percent: 70, cas_percent: 70, ..ONE_KEY };
const UNKNOWN: Load = Load { operations: 3_000, values: 3, unknown_percent: 30, ..ONE_KEY };

const ALL: &[&str] = &["linearizable", "sequential", "causal"];
const ONE_ORDER: &[&str] = &["linearizable", "sequential"];

const fn listed(
    name: &'static str,
    levels: &'static [&'static str],
    make: fn() -> History,
) -> Listed {
    Listed { name, levels, make }
}

/// All loads.
pub(crate) const LIST: &[Listed] = &[
    listed("one-copy", ALL, || register(LARGE, 1)),
    listed("one-copy-stale", ALL, || spoilt(&register(LARGE, 1))),
    listed("one-copy-unknown", ALL, || register(LARGE_UNKNOWN, 1)),
    listed("one-copy-unknown-stale", ALL, || spoilt(&register(LARGE_UNKNOWN, 1))),
    listed("lagging", &["causal"], || merged(LARGE, 1)),
    listed("lagging-stale", &["causal"], || spoilt(&merged(LARGE, 1))),
    listed("lagging-unknown", &["causal"], || merged(LARGE_UNKNOWN, 1)),
    listed("lagging-unknown-stale", &["causal"], || spoilt(&merged(LARGE_UNKNOWN, 1))),
    listed("small-stale", ALL, || spoilt(&register(SMALL, 1))),
    listed("one-key", ONE_ORDER, || register(ONE_KEY, 1)),
    listed("one-key-unknown", &["linearizable"], || register(UNKNOWN, 1)),
    listed("one-key-cas", &["linearizable"], || register(CAS, 1)),
    listed("one-key-cas-hard", &["linearizable"], || register(Load { values: 10, ..CAS }, 1)),
    listed("appends", ONE_ORDER, || trace(1_700, 50, 10, 1)),
    listed("appends-stale", ONE_ORDER, || spoilt(&trace(1_700, 50, 10, 1))),
];
