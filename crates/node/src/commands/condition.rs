//! Conditions of a list of commands: keys that are as they were when their connection began to
//! watch them.
//!
//! A key with a value is as it was while that was written where it was. A key without one is as it
//! was while it has none and no key of its slot was removed since: so one that came and went is
//! noticed. That another key of the slot went is taken for the same, and the list does not run.
//!
//! ```text
//!   condition: [id, key, index, offset, 1 or 0: it had a value]
//! ```

use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Effect, Values};
use super::spec::{Access, Argument, KeyPlaces};
use super::unreadable::Unreadable;
use crate::ids::Index;
use crate::position::{AgreedPosition, Version};
use crate::wire::codec::{Reader, put_bytes, put_uint};

/// What stands in front of a condition, where commands have their ids; no command has it.
pub(super) const CONDITION: u64 = 81;

/// Its answer is only whether it was done: what it saw stays with the connection.
pub(super) static WATCH: Row = Row {
    name: "watch",
    arity: -2,
    access: Access::Read,
    flags: &["noscript", "loading", "stale", "fast", "allow_busy"],
    keys: Some(KeyPlaces { first: 1, last: -1, step: 1, flags: &["RO"] }),
    categories: &["@fast", "@transaction"],
    tips: &[],
    group: "transactions",
    since: "2.2.0",
    summary: "Watch the given keys to determine execution of the MULTI/EXEC block",
    complexity: "O(1) for every key.",
    arguments: &[Argument { name: "key", kind: "key", flags: &["multiple"], ..Argument::ANY }],
    subcommands: &[],
    run: Data { id: 80, model: Model::None, parse: plain, effect: Effect::Watch },
};

/// A key, and what a connection saw of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) seen: Version,
}

impl<'a> Condition<'a> {
    /// As a list has it.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![];
        put_uint(&mut out, CONDITION);
        put_bytes(&mut out, self.key);
        put_uint(&mut out, self.seen.at.index.0);
        put_uint(&mut out, u64::from(self.seen.at.offset));
        out.push(u8::from(self.seen.is_alive));
        out
    }

    /// Reads what follows the id.
    pub(super) fn decode(reader: &mut Reader<'a>) -> Result<Condition<'a>, Unreadable> {
        let key = reader.bytes()?;
        let index = Index(reader.number()?);
        let offset = u32::try_from(reader.uint()?).map_err(|_| Unreadable::Malformed)?;
        let alive = reader.byte()?;
        reader.end()?;
        Unreadable::unless(alive <= 1)?;
        let at = AgreedPosition { index, offset };
        Ok(Condition { key, seen: Version { at, is_alive: alive == 1 } })
    }

    /// Whether the key is as it was.
    pub(super) fn holds(&self, values: &dyn Values) -> bool {
        values.is_unchanged(self.key, self.seen)
    }
}

impl Command {
    /// Whether it begins to watch keys.
    pub(crate) fn is_watch(&self) -> bool {
        matches!(self.effect(), Effect::Watch)
    }
}
