//! The keyspaces and the limits of `ONCE` with which a cluster begins.
//!
//! What counts is what the log says, as of [`maxmemory`](super::memory). The first leader that
//! finds that nobody has said anything proposes what it was started with; whoever comes later and
//! was started with something else says so. A node refuses keys of its keyspaces until it knows
//! what the cluster has, so it does not wait for ever for a leader that was started with none.

use super::Agreed;
use crate::api::Event;
use crate::commands::Command;
use crate::ids::{KeyspaceId, Term};
use crate::keyspace::definition::Definition;
use crate::keyspace::table::Table;
use crate::limits::OnceWanted;
use crate::turn::Turn;

/// What a cluster begins with that nobody has told anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    /// The keyspaces beside `default`: [`check_keyspaces`](crate::check_keyspaces) says which can
    /// be.
    pub keyspaces: Vec<Definition>,
    /// The limits of `ONCE`.
    pub once: OnceWanted,
}

/// What this node was started with.
#[derive(Debug, Default)]
pub(super) struct Own {
    keyspaces: Asked<Vec<Definition>>,
    once: Asked<OnceWanted>,
    pub(super) max_memory: Asked<u64>,
}

/// A value of the cluster that this node was started with.
#[derive(Debug, Default)]
pub(super) struct Asked<T> {
    /// Nothing, once it was compared with that of the cluster.
    pub(super) own: Option<T>,
    /// The last term in which it was proposed.
    proposed: Option<Term>,
    /// Since when nobody has said anything, as far as this node knows.
    since_ms: Option<u64>,
}

/// So long a follower leaves it to the leader to propose something.
const LEADER_FIRST_MS: u64 = 1000;

impl<T> Asked<T> {
    /// Whether it is to be proposed in this term; if so, it counts as proposed.
    pub(super) fn is_due(&mut self, term: Term) -> bool {
        self.proposed.replace(term) != Some(term)
    }

    /// Whether a leader had its time.
    fn has_waited(&mut self, now_ms: u64) -> bool {
        now_ms >= *self.since_ms.get_or_insert(now_ms) + LEADER_FIRST_MS
    }
}

impl Agreed {
    /// This node was started with these.
    pub(crate) fn set_beginning(&mut self, beginning: Beginning) {
        let Beginning { keyspaces, once } = beginning;
        self.beginning.keyspaces.own = Some(keyspaces).filter(|all| !all.is_empty());
        self.beginning.once.own = Some(once).filter(|once| *once != OnceWanted::default());
    }

    /// What this node proposed for a cluster that begins may be gone.
    pub(super) fn propose_again(&mut self) {
        self.beginning.keyspaces.proposed = None;
        self.beginning.once.proposed = None;
        self.beginning.max_memory.proposed = None;
    }

    /// Has a cluster begin that nobody has told anything, or says once that it has something else.
    pub(super) fn look_after_beginning(&mut self, turn: &mut Turn<'_>) {
        if self.beginning.keyspaces.own.is_some() && self.is_fresh() {
            self.look_after_keyspaces(turn);
        }
        if let Some(own) = self.beginning.once.own
            && self.is_fresh()
        {
            self.look_after_once(own, turn);
        }
    }

    fn look_after_once(&mut self, own: OnceWanted, turn: &mut Turn<'_>) {
        let (leads, term) = (self.leads(), self.term());
        if !self.state.once_is_limited() {
            if leads && self.beginning.once.is_due(term) {
                let OnceWanted { retention_ms, ids, ahead_ms } = own;
                let first = Command::first_once_limits(retention_ms, ids, ahead_ms);
                self.proposals.push(None, KeyspaceId::SYSTEM, &first);
            }
            return;
        }
        self.beginning.once.own = None;
        let agreed = self.state.once_limits();
        for (name, own, agreed) in [
            ("once-retention-ms", own.retention_ms, agreed.retention_ms),
            ("once-ids", own.ids, agreed.ids),
            ("once-ahead-ms", own.ahead_ms, agreed.ahead_ms),
        ] {
            if let Some(own) = own.filter(|own| *own != agreed) {
                turn.note(Event::OtherLimit { name, own, agreed });
            }
        }
    }

    fn look_after_keyspaces(&mut self, turn: &mut Turn<'_>) {
        let (leads, term) = (self.leads(), self.term());
        let (asked, table) = (&mut self.beginning.keyspaces, self.state.keyspaces());
        if table.version() == 0 {
            let has_turn = asked.has_waited(turn.now.monotonic_ms) || leads;
            if has_turn && asked.is_due(term) {
                let own = asked.own.as_deref().unwrap_or_default();
                let begin = Command::begin_with_keyspaces(own);
                self.proposals.push(None, KeyspaceId::SYSTEM, &begin);
            }
            return;
        }
        if table.begins() {
            return;
        }
        for own in asked.own.take().into_iter().flatten() {
            if let Some(differs) = difference(&own, table) {
                turn.note(Event::OtherKeyspace { name: own.name, differs });
            }
        }
    }
}

/// What the cluster has in place of a keyspace, if it has another one.
fn difference(own: &Definition, table: &Table) -> Option<String> {
    let Some(entry) = table.named(&own.name) else {
        return Some("the cluster has none of this name".into());
    };
    let Definition { prefix, order, levels, durability, .. } = &entry.definition;
    let differs = [
        (own.prefix != *prefix).then(|| format!("the prefix {}", prefix.escape_ascii())),
        (own.order != *order).then(|| format!("the {order} order")),
        (own.levels.level != levels.level).then(|| format!("the level {}", levels.level)),
        (own.durability != *durability).then(|| format!("the durability {durability}")),
        (own.levels.allowed != levels.allowed).then(|| "other weaker levels allowed".into()),
    ];
    let differs: Vec<String> = differs.into_iter().flatten().collect();
    (!differs.is_empty()).then(|| format!("that of the cluster has {}", differs.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Durability, Level, Order};
    use crate::ids::Index;
    use crate::keyspace::definition::{Allowed, Levels};
    use crate::keyspace::table::Attempt;

    #[test]
    fn what_the_cluster_has_instead_is_named() {
        let levels = Levels { level: Level::Causal, allowed: Allowed::ALL };
        let (name, prefix) = ("carts".to_owned(), b"cart:".to_vec());
        let durability = Durability::Disk;
        let own = Definition { name, prefix, order: Order::Merged, levels, durability };
        let differs = |there: Option<&Definition>| {
            let mut table = Table::default();
            if let Some(there) = there {
                let attempt = Attempt { index: Index(1), began_ms: 0 };
                table.reserve(there.clone(), attempt).unwrap();
            }
            difference(&own, &table)
        };
        assert_eq!(differs(Some(&own)), None);
        assert_eq!(differs(None).as_deref(), Some("the cluster has none of this name"));
        let levels = Levels { level: Level::Eventual, allowed: Allowed::default() };
        let order = Order::Agreed;
        let other = Definition { prefix: b"c:".to_vec(), order, levels, ..own.clone() };
        assert_eq!(
            differs(Some(&other)).as_deref(),
            Some(
                "that of the cluster has the prefix c:, the agreed order, the level eventual, other weaker levels allowed"
            )
        );
    }
}
