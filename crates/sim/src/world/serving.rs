//! Under which keyspaces a node serves the keys that change hands, and so whose answers its answers
//! are. Begin with [`Serving`].

use node::{Durability, Node, Order};

use crate::env::client::{Owner, Owners};
use crate::record::keyspace::{KEYS, Served, ServedKeys, keys_of};

/// The id of the keyspace that has all other keys.
const DEFAULT: u32 = 1;

/// What is known of one node, as it was after its last turn.
#[derive(Debug, Default)]
pub(super) struct Serving {
    life: u64,
    version: u64,
    /// What each of the keys is served under; nothing while it changes hands.
    now: Vec<Option<Served>>,
    /// What each was served under last.
    last: Vec<Option<Served>>,
    /// Whose answers those of the last turn were.
    pub(super) answers: ServedKeys,
    /// Whether it changed in that turn.
    has_changed: bool,
}

impl Serving {
    /// A node has had a turn.
    ///
    /// What is answered while a key changes hands was asked before that. Who learns of several
    /// changes at once may have answered anything between them.
    pub(super) fn look(&mut self, life: u64, node: &Node) {
        let version = node.keyspaces_version();
        if self.life != life || self.now.is_empty() {
            *self = Serving { life, version, now: serves(node), ..Serving::default() };
            self.last = self.now.clone();
            self.answers = self.now.clone().into();
            return;
        }
        if self.version == version {
            if std::mem::take(&mut self.has_changed) {
                self.answers = self.last.clone().into();
            }
            return;
        }
        let is_jump = version > self.version + 1;
        let before = std::mem::replace(&mut self.now, serves(node));
        let answers =
            before.iter().zip(&self.now).zip(&mut self.last).map(|((before, now), last)| {
                let first = before.or((!is_jump).then_some(now.or(*last)).flatten());
                *last = now.or(*last);
                first
            });
        self.answers = answers.collect();
        (self.version, self.has_changed) = (version, true);
    }

    /// Who has the keys of each keyspace there, as far as that is known.
    pub(super) fn owners(&self, default: Order) -> Owners {
        let place = |key: &str| KEYS.iter().position(|one| *one == key);
        let first = |which| keys_of(which).next().and_then(place);
        let of = |which| *self.last.get(first(which)?)?;
        std::array::from_fn(|which| match of(which) {
            Some(Served { id, order, .. }) => Owner { order, is_default: id == DEFAULT },
            None => Owner { order: default, is_default: true },
        })
    }
}

fn serves(node: &Node) -> Vec<Option<Served>> {
    let serves = |key: &str| {
        let key = bytes::Bytes::copy_from_slice(key.as_bytes());
        let (id, order, level) = node.serves_under(&key)?;
        let is_interval = node.durability_of(&key) == Durability::Interval;
        Some(Served { id, order, level, is_interval })
    };
    KEYS.into_iter().map(serves).collect()
}
