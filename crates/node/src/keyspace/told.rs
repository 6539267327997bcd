//! What people are told of keyspaces, and of what a read of a key promises.

use bytes::Bytes;

use super::definition::Leave;
use super::table::{Entry, Phase};
use super::{AWAITED, CHANGES_HANDS, Keyspace, Keyspaces};
use crate::api::Level;
use crate::commands::LevelAsked;
use crate::reply::{Error, Reply};

/// The levels, the strongest first, and what a read has seen of the writes before it.
const LEVELS: [(Level, &str); 5] = [
    (Level::Linearizable, "all that was done before the read began, anywhere"),
    (
        Level::Bounded { ms: 1 },
        "all that was done so long before the read began, anywhere, and all that the session has seen",
    ),
    (Level::Sequential, "all that the session has seen, in one order that is the same for all"),
    (Level::Causal, "all that the session has seen, each write after those that it depends on"),
    (Level::Eventual, "what is here"),
];

/// A keyspace as people are told of it.
pub(crate) struct Told<'a> {
    pub(crate) name: &'a str,
    prefix: &'a [u8],
    pub(crate) keyspace: Keyspace,
    phase: Phase,
}

impl Keyspaces {
    /// All of them as people are told, `default` first, then in the order of their names; or the
    /// one of this name.
    pub(crate) fn told(&self, name: Option<&str>) -> Vec<Reply> {
        self.all_told(name).map(|told| told.into_reply()).collect()
    }

    fn all_told(&self, name: Option<&str>) -> impl Iterator<Item = Told<'_>> {
        let mut all: Vec<Told<'_>> = self.table.iter().map(Told::of_entry).collect();
        all.sort_unstable_by_key(|one| one.name);
        let all = [self.default_told()].into_iter().chain(all);
        all.filter(move |one| name.is_none_or(|name| one.name == name))
    }

    fn default_told(&self) -> Told<'_> {
        Told { name: "default", prefix: b"", keyspace: self.default, phase: Phase::Open }
    }

    /// The keyspace of a key, also while it changes hands.
    pub(crate) fn told_of_key(&self, key: &[u8]) -> Told<'_> {
        self.of_key(key).map_or_else(|| self.default_told(), Told::of_entry)
    }

    /// Which levels a read of the keyspace of this name may ask for; `None`: there is none.
    pub(crate) fn levels_told(&self, name: &str) -> Option<Reply> {
        let keyspace = self.all_told(Some(name)).next()?.keyspace;
        let one = |(level, promise): (Level, &str)| {
            let leave = match keyspace.leave(level) {
                Leave::Given => "yes".into(),
                Leave::GivenTo(ms) => format!("up to bounded:{ms}"),
                Leave::NotAllowed => "not allowed".into(),
                Leave::None => "no".into(),
            };
            Reply::Array([kind(level), leave, promise.into()].map(text).into())
        };
        Some(Reply::Array(LEVELS.map(one).into()))
    }

    /// Who says at which level a read of this keyspace is answered that names none, and that its
    /// connection says nothing of.
    fn said_by(&self, told: &Told<'_>) -> &'static str {
        let is_default = told.keyspace.id == self.default.id;
        if is_default && self.table.default_levels().is_none() { "server" } else { "keyspace" }
    }

    /// At which level a read of this keyspace is answered that names none, who says so, and why it
    /// would be refused, if it would.
    pub(crate) fn explain(
        &self,
        told: Told<'_>,
        asked: &LevelAsked<'_>,
        refusal: impl Fn(&Keyspace, Level) -> Option<Error>,
    ) -> Reply {
        let Keyspace { order, levels, .. } = told.keyspace;
        let (level, said_by) = match asked.said {
            "" => (levels.level.to_string(), self.said_by(&told)),
            said => (said.to_owned(), "connection"),
        };
        let refused = match asked.key {
            Some(key) if self.table.is_to_come(key) => Some(Error::TryAgain(CHANGES_HANDS)),
            _ if told.phase != Phase::Open => Some(Error::TryAgain(CHANGES_HANDS)),
            Some(key) if self.is_awaited(key) => Some(Error::TryAgain(AWAITED)),
            _ => {
                let mut levels = asked.levels.iter().copied();
                levels.find_map(|level| refusal(&told.keyspace, level))
            }
        };
        let pairs = [
            ("keyspace", told.name.to_owned()),
            ("order", order.to_string()),
            ("level", level),
            ("said_by", said_by.to_owned()),
            ("refused", refused.map(|error| error.to_string()).unwrap_or_default()),
        ];
        Reply::Map(pairs.map(|(name, value)| (name, text(value))).into())
    }
}

impl Told<'_> {
    fn of_entry(entry: &Entry) -> Told<'_> {
        Told {
            name: &entry.definition.name,
            prefix: &entry.definition.prefix,
            keyspace: Keyspaces::of_entry(entry),
            phase: entry.phase,
        }
    }

    fn into_reply(self) -> Reply {
        let Keyspace { id, order, levels, durability } = self.keyspace;
        let state = match self.phase {
            Phase::Open => "open",
            Phase::Reserved(_) => "being created",
            Phase::Dropping(_) => "being dropped",
        };
        Reply::Map(vec![
            ("name", text(self.name)),
            ("prefix", Reply::Value(Bytes::copy_from_slice(self.prefix))),
            ("order", text(order.to_string())),
            ("level", text(levels.level.to_string())),
            ("allow", text(self.allowed())),
            ("durability", text(durability.to_string())),
            ("state", text(state)),
            ("id", Reply::Integer(i64::from(id.0))),
        ])
    }

    /// The weaker levels that a read may ask for.
    fn allowed(&self) -> String {
        let levels = self.keyspace.levels;
        let allowed = LEVELS.into_iter().filter_map(|(level, _)| {
            // Where the shortest bound is not weaker, the longest may be.
            let least = match level {
                Level::Bounded { .. } => Level::Bounded { ms: u32::MAX },
                level => level,
            };
            match self.keyspace.leave(level) {
                _ if !least.is_weaker_than(levels.level) => None,
                Leave::Given => Some(kind(level)),
                // Its own bound is not weaker than itself.
                Leave::GivenTo(ms) => {
                    let longest = Level::Bounded { ms };
                    longest.is_weaker_than(levels.level).then(|| longest.to_string())
                }
                Leave::NotAllowed | Leave::None => None,
            }
        });
        allowed.collect::<Vec<_>>().join(" ")
    }
}

/// What people call a level, all bounded ones alike.
fn kind(level: Level) -> String {
    match level {
        Level::Bounded { .. } => "bounded:<ms>".into(),
        level => level.to_string(),
    }
}

fn text(text: impl Into<String>) -> Reply {
    Reply::Value(Bytes::from(text.into()))
}
