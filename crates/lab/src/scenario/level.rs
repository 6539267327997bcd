//! The levels that a scenario may promise: their names, and the order behind each.

use std::ops::RangeInclusive;

use history::{Level, LogOrder};
use jsonc_parser::ast::Value;

use super::fields::{Problems, kind, list, quoted};
use super::spelling;

/// Every name that a scenario file may give, the preferred name of a level first.
const OFFERED: &[(&str, Level)] = &[
    ("linearizability", Level::Linearizable),
    ("linearizable", Level::Linearizable),
    ("sequential", Level::Sequential),
    ("causal", Level::Causal),
    ("eventual", Level::Eventual),
];

/// The levels, strongest first, with which every run is compared.
const COMPARED: [Level; 4] =
    [Level::Linearizable, Level::Sequential, Level::Causal, Level::Eventual];

/// How people write a bounded level, and the bounds that a server takes, in milliseconds.
const BOUNDED: &str = "bounded:<ms>";
const BOUND_MS: RangeInclusive<u64> = 1..=3_600_000;

/// Reads the name of a level.
pub fn parse(name: &str) -> Option<Level> {
    let known = OFFERED.iter().find(|(offered, _)| *offered == name).map(|(_, level)| *level);
    known.or_else(|| {
        let ms = name.strip_prefix("bounded:")?;
        let is_number = ms.bytes().all(|byte| byte.is_ascii_digit());
        let ms = ms.parse().ok().filter(|ms| is_number && BOUND_MS.contains(ms))?;
        Some(Level::Bounded { ms })
    })
}

/// The names that a scenario file may give.
pub fn names() -> impl Iterator<Item = &'static str> {
    let names = OFFERED.iter().map(|(name, _)| *name);
    let (stronger, others) = (names.clone().take(2), names.skip(2));
    stronger.chain([BOUNDED]).chain(others)
}

/// The levels by which a run is compared with what it promised, strongest first.
pub(crate) fn compared(promised: Level) -> impl Iterator<Item = Level> {
    let bounded = Some(promised).filter(|level| matches!(level, Level::Bounded { .. }));
    let [strongest, others @ ..] = COMPARED;
    [strongest].into_iter().chain(bounded).chain(others)
}

/// Whether the keyspace of this level is merged: every server writes by itself, so that a run ends
/// with reads of the quiet end, and no leader is needed.
pub(crate) fn is_merged(level: Level) -> bool {
    LogOrder::Merged.can_promise(level)
}

/// Reads the name of a level in a file.
pub(super) fn read_level(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Level> {
    let Value::StringLit(text) = value else {
        let names = list(names());
        return problems
            .add(value, format!("a level is a string, not {}; there are {names}", kind(value)));
    };
    let name = quoted(&text.value);
    let known = parse(&text.value);
    known.or_else(|| {
        let right = match spelling::nearest(&text.value, names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("there are {}", list(names())),
        };
        problems.add(value, format!("{name} is no level; {right}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings() {
        assert_eq!(parse("linearizability"), parse("linearizable"));
        assert_eq!(parse("sequential"), Some(Level::Sequential));
        assert_eq!(parse("causal"), Some(Level::Causal));
        assert_eq!(parse("Sequential"), None);
        assert_eq!(parse("pram"), None);
        assert_eq!(parse("bounded:100"), Some(Level::Bounded { ms: 100 }));
        for none in ["bounded:", "bounded:0", "bounded:+1", "bounded:3600001", "bounded:<ms>"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn orders() {
        assert!(is_merged(Level::Eventual) && is_merged(Level::Causal));
        assert!(!is_merged(Level::Sequential) && !is_merged(Level::Linearizable));
        assert!(!is_merged(Level::Bounded { ms: 7 }));
    }

    #[test]
    fn a_run_is_compared_with_its_own_bound() {
        let bounded = Level::Bounded { ms: 7 };
        assert_eq!(compared(bounded).nth(1), Some(bounded));
        assert_eq!(compared(Level::Causal).collect::<Vec<_>>(), COMPARED);
    }
}
