//! The levels that a scenario may promise: their names, and the order behind each.

use history::Level;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

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

/// Those levels, strongest first; a run is compared with each of them.
const COMPARED: [Level; 4] =
    [Level::Linearizable, Level::Sequential, Level::Causal, Level::Eventual];

/// Reads the name of a level.
pub fn parse(name: &str) -> Option<Level> {
    OFFERED.iter().find(|(offered, _)| *offered == name).map(|(_, level)| *level)
}

/// The names that a scenario file may give.
pub fn names() -> impl Iterator<Item = &'static str> {
    OFFERED.iter().map(|(name, _)| *name)
}

/// The levels by which a run is compared with what it promised, strongest first.
pub(crate) fn compared() -> impl Iterator<Item = Level> {
    COMPARED.into_iter()
}

/// Whether the keyspace of this level is merged: every server writes by itself, so that a run ends
/// with reads of the quiet end, and no leader is needed.
pub(crate) fn is_merged(level: Level) -> bool {
    !level.is_at_least(Level::Sequential)
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

/// Whether reads of this level can be had where that one is promised.
pub(super) fn check_read_level(
    asked: Level,
    promised: Option<Level>,
    node: &impl Ranged,
    problems: &mut Problems<'_>,
) {
    if let Some(promised) = promised
        && is_merged(promised)
        && !is_merged(asked)
    {
        let what = format!("at {promised} the keyspace is merged and has no {asked} reads");
        problems.add::<()>(node, what);
    }
}

/// The level of one read.
pub(super) fn read_level_of_read(
    value: &Value<'_>,
    promised: Option<Level>,
    problems: &mut Problems<'_>,
) -> Option<Level> {
    let level = read_level(value, problems)?;
    check_read_level(level, promised, value, problems);
    Some(level)
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
    }

    #[test]
    fn orders() {
        assert!(is_merged(Level::Eventual) && is_merged(Level::Causal));
        assert!(!is_merged(Level::Sequential) && !is_merged(Level::Linearizable));
    }
}
