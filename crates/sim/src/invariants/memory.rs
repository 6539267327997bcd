//! What keys and values count, and which writes find no memory: once more, for [`super::fold`].

use std::collections::BTreeSet;

use bytes::Bytes;
use node::{AgreedPosition, Status};

/// What a record counts beside its key and its value.
const RECORD_BYTES: u64 = 64;

/// Commands that Redis refuses where there is no memory.
const GROWS: [&str; 14] = [
    "append",
    "decr",
    "decrby",
    "getset",
    "incr",
    "incrby",
    "incrbyfloat",
    "mset",
    "msetnx",
    "psetex",
    "set",
    "setex",
    "setnx",
    "setrange",
];

/// The memory of the state that the log leads to.
#[derive(Debug, Default)]
pub(super) struct Memory {
    bytes: u64,
    max: Option<u64>,
    /// What both were at each index.
    at: Vec<(u64, Option<u64>)>,
    /// The writes that found no memory.
    refused: BTreeSet<AgreedPosition>,
}

impl Memory {
    /// A key has one value in the place of another.
    pub(super) fn put(&mut self, key: &Bytes, old: Option<&Bytes>, new: Option<&Bytes>) {
        let count = |value: Option<&Bytes>| {
            value.map_or(0, |value| (key.len() + value.len()) as u64 + RECORD_BYTES)
        };
        self.bytes = self.bytes + count(new) - count(old);
    }

    /// So much more is remembered of what ran once.
    pub(super) fn remember(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// So much less is.
    pub(super) fn forget(&mut self, bytes: u64) {
        self.bytes -= bytes;
    }

    /// What is counted.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether what runs once finds no memory there, whatever it does.
    pub(super) fn refuses_all(&mut self, at: AgreedPosition) -> bool {
        self.refuses(GROWS[0], at)
    }

    /// Sets the limit, if this command does that.
    pub(super) fn set(&mut self, name: &str, arguments: &[Bytes]) -> bool {
        let [bytes, only_if_unset @ ..] = arguments else { return false };
        if name == "maxmemory" && (self.max.is_none() || only_if_unset.is_empty()) {
            let text = std::str::from_utf8(bytes).expect("a number is text");
            self.max = Some(text.parse().expect("it is a number"));
        }
        name == "maxmemory"
    }

    /// Whether a command at this place finds no memory.
    pub(super) fn refuses(&mut self, name: &str, at: AgreedPosition) -> bool {
        let is_full = self.max.is_some_and(|max| max > 0 && self.bytes > max);
        let refuses = is_full && GROWS.contains(&name);
        if refuses {
            self.refused.insert(at);
        }
        refuses
    }

    /// Whether a transaction whose answer stands there, and which has commands of these names,
    /// finds no memory: then nothing of it runs. Once begun it runs to its end.
    pub(super) fn refuses_any<'a>(
        &mut self,
        mut names: impl Iterator<Item = &'a Bytes>,
        at: AgreedPosition,
    ) -> bool {
        let grows = |name: &Bytes| GROWS.iter().any(|grows| grows.as_bytes() == &name[..]);
        names.any(grows) && self.refuses(GROWS[0], at)
    }

    /// The entry is over.
    pub(super) fn close(&mut self) {
        self.at.push((self.bytes, self.max));
    }

    /// Whether the write at this place found no memory.
    pub(super) fn has_refused(&self, at: AgreedPosition) -> bool {
        self.refused.contains(&at)
    }

    /// Whether a replica that stands at this index counts the same, and has the same limit.
    pub(super) fn check(&self, index: u64, status: &Status) -> Result<(), String> {
        let there = (status.memory.agreed, status.memory.max_agreed);
        let (bytes, max) = self.at[index as usize - 1];
        if there == (bytes, max) {
            return Ok(());
        }
        let words = |(bytes, max): (u64, Option<u64>)| match max {
            Some(max) => format!("{bytes} of {max} bytes"),
            None => format!("{bytes} bytes and has no limit"),
        };
        let (there, here, node) = (words(there), words((bytes, max)), status.id.0);
        Err(format!("at index {index} node {node} counts {there}, and the log says {here}"))
    }
}
