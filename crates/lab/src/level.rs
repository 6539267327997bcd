//! The levels that a scenario may promise: their names, and the order behind each.

use history::Level;

/// Every name that a scenario file may give, the preferred name of a level first.
const OFFERED: &[(&str, Level)] = &[
    ("linearizability", Level::Linearizable),
    ("linearizable", Level::Linearizable),
    ("sequential", Level::Sequential),
    ("eventual", Level::Eventual),
];

/// Names of levels that are known but not built yet, and what to take meanwhile.
const PLANNED: &[(&str, &str)] =
    &[("causal", "\"sequential\" promises more, \"eventual\" promises less")];

/// The levels by which a run is compared with what it promised, strongest first: those that a store
/// of this house promises or will promise, as far as the judge knows them.
const COMPARED: [&str; 4] = ["linearizable", "sequential", "causal", "eventual"];

/// What a name in a scenario file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A level that can be promised.
    Offered(Level),
    /// A level to come, and what to take meanwhile.
    Planned(&'static str),
    /// No level at all.
    Unknown,
}

/// Reads the name of a level.
pub(crate) fn parse(name: &str) -> Name {
    if let Some((_, level)) = OFFERED.iter().find(|(offered, _)| *offered == name) {
        return Name::Offered(*level);
    }
    match PLANNED.iter().find(|(planned, _)| *planned == name) {
        Some((_, hint)) => Name::Planned(hint),
        None => Name::Unknown,
    }
}

/// The names that a scenario file may give today.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    OFFERED.iter().map(|(name, _)| *name)
}

/// The levels by which a run is compared with what it promised, strongest first.
pub(crate) fn compared() -> impl Iterator<Item = Level> {
    COMPARED.iter().filter_map(|name| name.parse().ok())
}

/// Whether the keyspace of this level is merged: every server writes by itself, so that a run ends
/// with reads of the quiet end, and no leader is needed.
pub(crate) fn is_merged(level: Level) -> bool {
    !level.is_at_least(Level::Sequential)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings() {
        assert_eq!(parse("linearizability"), parse("linearizable"));
        assert_eq!(parse("sequential"), Name::Offered(Level::Sequential));
        assert!(matches!(parse("causal"), Name::Planned(_)));
        assert_eq!(parse("Sequential"), Name::Unknown);
        assert_eq!(parse("pram"), Name::Unknown);
    }

    #[test]
    fn orders() {
        assert!(is_merged(Level::Eventual));
        assert!(!is_merged(Level::Sequential) && !is_merged(Level::Linearizable));
    }
}
