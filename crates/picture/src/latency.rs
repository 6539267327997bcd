//! How long operations took, by kind and level, over the whole history.

use std::collections::BTreeMap;

use history::{Fate, History, Kind};
use serde_json::{Value, json};

/// How many bins one power of ten has.
pub const BINS_PER_DECADE: f64 = 16.0;

/// The latencies of each kind and level. Reads of the quiet end do not count: nobody asked for
/// them.
pub(crate) fn of(history: &History, promised: Option<&str>) -> Vec<Value> {
    let unit_ns = history.unit().nanoseconds();
    let mut groups: BTreeMap<(u8, String), Vec<u64>> = BTreeMap::new();
    for operation in &history.operations {
        let (Some(end), Fate::Done, false) = (operation.end, operation.fate(), operation.is_final)
        else {
            continue;
        };
        let (kind, is_read) = match operation.kind {
            Kind::Write { .. } | Kind::Append { .. } | Kind::Incr { .. } => (0, false),
            Kind::Read { .. } => (1, true),
            Kind::Cas { .. } => (2, false),
            Kind::Transaction { .. } => (u8::from(!operation.is_write()), false),
        };
        // Only reads ask for levels; a write belongs to its keyspace.
        let own = operation.level.filter(|_| is_read);
        let key = operation.parts().first().map_or("", |part| &part.key);
        let own = own.or_else(|| history.keyspace(key).map(|keyspace| keyspace.level));
        let own = own.map(|level| level.to_string());
        let level = own.or_else(|| promised.map(str::to_owned)).unwrap_or_default();
        let took = end.saturating_sub(operation.start).saturating_mul(unit_ns);
        groups.entry((kind, level)).or_default().push(took);
    }
    groups.into_iter().map(|((kind, level), took)| group(kind, &level, took)).collect()
}

fn group(kind: u8, level: &str, mut took: Vec<u64>) -> Value {
    took.sort_unstable();
    // The nearest rank, so it is always one that was measured.
    let percentile = |percent: usize| {
        let rank = (took.len() * percent).div_ceil(100).max(1);
        took.get(rank - 1).copied()
    };
    json!({
        "kind": kind,
        "level": level,
        "count": took.len(),
        "p50": percentile(50),
        "p90": percentile(90),
        "p99": percentile(99),
        "max": took.last(),
        "bins_per_decade": BINS_PER_DECADE,
        "bins": bins(&took),
    })
}

/// How many latencies lie in each bin.
pub fn bins(took: &[u64]) -> Vec<(i64, usize)> {
    let mut bins: BTreeMap<i64, usize> = BTreeMap::new();
    for &ns in took {
        *bins.entry(bin(ns)).or_default() += 1;
    }
    bins.into_iter().collect()
}

/// The bin of a latency: they are even on a logarithmic scale, and bin 0 begins at 1 ns.
fn bin(ns: u64) -> i64 {
    ((ns.max(1) as f64).log10() * BINS_PER_DECADE).floor() as i64
}

#[cfg(test)]
mod tests {
    use history::Operation;

    use super::*;

    #[test]
    fn kinds_and_levels_are_kept_apart() {
        let mut weak = Operation::read(1, "a", None, 0, 1000);
        weak.level = "eventual".parse().ok();
        let operations = vec![
            Operation::write(0, "a", "1", 0, Some(10)),
            Operation::write(2, "a", "1", 0, Some(100)),
            Operation::write(3, "a", "1", 0, None),
            Operation::read(1, "a", None, 0, 1),
            Operation::read(4, "a", None, 0, 9).into_final(),
            weak,
        ];
        let groups = of(&History::new(None, operations), Some("sequential"));
        let told: Vec<String> = groups
            .iter()
            .map(|g| {
                format!("{} {} {} {} {}", g["kind"], g["level"], g["count"], g["max"], g["bins"])
            })
            .collect();
        let expected = [
            "0 \"sequential\" 2 100 [[16,1],[32,1]]",
            "1 \"eventual\" 1 1000 [[48,1]]",
            "1 \"sequential\" 1 1 [[0,1]]",
        ];
        assert_eq!(told, expected);
    }
}
