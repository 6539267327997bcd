//! A keyspace that is synced every second keeps its word. Begin with [`Synced`].
//!
//! - What was acknowledged is in an entry of its node a second later, unless that node is started
//!   again, or is held up: its disk is full, its clock is off, or it stands still.
//! - What a node shows of a key changes only where an entry was applied or a write was answered: it
//!   does not vanish on its way to the disk.
//!
//! That entries get to the disk, and to the others, is what holds of all of them.

use std::collections::BTreeMap;

use bytes::Bytes;
use node::{Boot, Command, Index, NodeId, Output, Reply};

use super::invariant::{Invariant, Turn};
use crate::plan::setting::Setting;
use crate::record::describe;
use crate::record::keyspace::KEYS;
use crate::record::operation::{Action, Operation};

/// How long what was acknowledged may be in no entry, in milliseconds of the node's clock: a
/// second, and as much for a node whose clock is off for a moment.
const SYNCED_MS: u64 = 2_000;
/// A node that had no turn for so long stood still, in milliseconds.
const STILL_MS: u64 = 150;

/// What was acknowledged, and what is shown.
#[derive(Debug)]
pub(crate) struct Synced {
    /// Whether there may be such keyspaces at all.
    is_on: bool,
    keys: Vec<Bytes>,
    hosts: BTreeMap<usize, Seen>,
}

/// What was seen of a node.
#[derive(Debug, Default)]
struct Seen {
    life: u64,
    /// Its clock, after its last turn, in milliseconds.
    now_ms: u64,
    vector: Vec<(NodeId, Boot, Index)>,
    /// Whether something was missing of its merged state, which then came.
    was_lost: bool,
    /// How many merged entries it held.
    entries: usize,
    shown: Vec<Option<Bytes>>,
    /// The keys of which an acknowledged write is in no entry that was seen, and since when.
    waiting: BTreeMap<Bytes, u64>,
    /// When an own entry last wrote a key, by the time of the world.
    written_us: BTreeMap<Bytes, u64>,
}

impl Synced {
    pub(crate) fn new(setting: &Setting) -> Synced {
        let keys = KEYS.into_iter().map(Bytes::from).collect();
        Synced { is_on: setting.has_keyspaces(), keys, hosts: BTreeMap::new() }
    }
}

impl Seen {
    /// Takes in what the node wrote in this turn.
    fn learn(&mut self, turn: &Turn<'_>) {
        let count = turn.view.merged_count();
        for entry in turn.view.merged_entries(self.entries) {
            if (entry.at.replica, entry.at.boot) != (turn.status.id, turn.status.boot) {
                continue;
            }
            for key in entry.writes.iter().flat_map(|write| write.named_keys()) {
                self.waiting.remove(key);
                self.written_us.insert(Bytes::copy_from_slice(key), turn.at_us);
            }
        }
        self.entries = count;
    }

    /// Whether what is acknowledged may take longer.
    fn is_held_up(&self, turn: &Turn<'_>) -> bool {
        let status = turn.status;
        let stood_still = turn.now.monotonic_ms > self.now_ms + STILL_MS;
        stood_still || status.disk_full || !status.clock_agrees || status.lost.merged
    }

    fn look_at_waiting(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        let now_ms = turn.now.monotonic_ms;
        if self.is_held_up(turn) {
            self.waiting.values_mut().for_each(|since_ms| *since_ms = now_ms);
        }
        let is_late = |(_, since_ms): &(&Bytes, &u64)| now_ms > **since_ms + SYNCED_MS;
        match self.waiting.iter().find(is_late) {
            None => Ok(()),
            Some((key, since_ms)) => Err(format!(
                "node {} acknowledged a write of {} {} ms ago, and has no entry with it",
                turn.status.id.0,
                describe::value(Some(key)),
                now_ms - since_ms
            )),
        }
    }

    /// Holds what is shown against what was shown after the turn before.
    fn look_at_shown(&mut self, turn: &Turn<'_>, keys: &[Bytes]) -> Result<(), String> {
        let shown: Vec<_> = keys.iter().map(|key| turn.view.shown(key)).collect();
        let before = std::mem::replace(&mut self.shown, shown);
        let is_done = |output: &Output| matches!(output, Output::Reply { reply, .. } if !matches!(reply, Reply::Error(_)));
        let is_lost = self.was_lost || is_lost(turn);
        let is_still = self.vector == turn.status.vector && !turn.outputs.iter().any(is_done);
        if before.is_empty() || is_lost || !is_still {
            return Ok(());
        }
        let changed =
            before.iter().zip(&self.shown).zip(keys).find(|((one, other), _)| one != other);
        match changed {
            None => Ok(()),
            Some(((before, now), key)) => Err(format!(
                "node {} showed {} at {}, and shows {} now, though nothing was written",
                turn.status.id.0,
                describe::value(before.as_deref()),
                describe::value(Some(key)),
                describe::value(now.as_deref())
            )),
        }
    }
}

fn is_lost(turn: &Turn<'_>) -> bool {
    turn.status.lost.merged || turn.status.joins
}

impl Invariant for Synced {
    fn name(&self) -> &'static str {
        "synced every second"
    }

    fn on_turn(&mut self, turn: &Turn<'_>) -> Result<(), String> {
        if !self.is_on {
            return Ok(());
        }
        let seen = self.hosts.entry(turn.host).or_default();
        if seen.life != turn.life {
            *seen = Seen { life: turn.life, now_ms: turn.now.monotonic_ms, ..Seen::default() };
        }
        seen.learn(turn);
        seen.look_at_waiting(turn)?;
        seen.look_at_shown(turn, &self.keys)?;
        seen.now_ms = turn.now.monotonic_ms;
        seen.was_lost = is_lost(turn);
        seen.vector.clone_from(&turn.status.vector);
        Ok(())
    }

    fn on_outcome(&mut self, operation: &Operation) -> Result<(), String> {
        // An EXEC whose client watched a key that has changed writes nothing.
        let has_written =
            operation.is_done() && operation.action.is_write() && !operation.is_called_off();
        if !operation.is_interval || !has_written {
            return Ok(());
        }
        let Some(seen) = self.hosts.get_mut(&operation.host) else { return Ok(()) };
        for key in written(operation) {
            let written_us = seen.written_us.get(&key);
            if written_us.is_none_or(|written_us| *written_us < operation.sent_us) {
                seen.waiting.entry(key).or_insert(seen.now_ms);
            }
        }
        Ok(())
    }
}

/// The keys that an operation writes: a transaction may read others.
fn written(operation: &Operation) -> Vec<Bytes> {
    let Action::Exec { commands, .. } = &operation.action else {
        return operation.action.keys(&operation.key).into_iter().cloned().collect();
    };
    let commands = commands.iter().filter_map(|words| Command::of_words(words).ok());
    let writes = commands.filter(Command::is_write);
    let keys =
        |write: Command| write.named_keys().into_iter().map(Bytes::copy_from_slice).collect();
    writes.flat_map::<Vec<Bytes>, _>(keys).collect()
}

#[cfg(test)]
mod tests {
    use node::{AgreedPosition, Certificate};

    use super::*;
    use crate::invariants::example::{Held, operation, status, turn};
    use crate::options::Options;
    use crate::record::operation::Outcome;

    fn invariant() -> Synced {
        let mut setting = Setting::draw(1, &Options::default());
        setting.load.keyspaces_percent = 1;
        Synced::new(&setting)
    }

    /// A turn at this time, after which this is shown at the first key.
    fn look(
        invariant: &mut Synced,
        now_ms: u64,
        shown: Option<&'static str>,
    ) -> Result<(), String> {
        let values = shown.map(|value| (Bytes::from(KEYS[0]), Bytes::from(value)));
        let held = Held { values: values.into_iter().collect(), ..Held::default() };
        let status = status(1);
        let mut turn = Turn { view: &held, host: 0, ..turn(&status, 1) };
        turn.now.monotonic_ms = now_ms;
        invariant.on_turn(&turn)
    }

    #[test]
    fn what_vanishes_is_seen() {
        let mut invariant = invariant();
        assert_eq!(look(&mut invariant, 10, Some("x")), Ok(()));
        assert_eq!(look(&mut invariant, 20, Some("x")), Ok(()));
        assert!(look(&mut invariant, 30, None).unwrap_err().contains("shows nothing now"));
    }

    #[test]
    fn what_gets_into_no_entry_is_seen() {
        let mut invariant = invariant();
        assert_eq!(look(&mut invariant, 10, Some("x")), Ok(()));
        let (certificate, set) = (
            Certificate::Agreed { position: AgreedPosition::default(), by: None },
            Action::Set(Bytes::from("x")),
        );
        let mut done = operation(1, set, Reply::Ok, (0, 1), certificate);
        (done.key, done.is_interval, done.host) = (Bytes::from(KEYS[0]), true, 0);
        invariant.on_outcome(&done).unwrap();
        for now_ms in (100..=1_900).step_by(100) {
            assert_eq!(look(&mut invariant, now_ms, Some("x")), Ok(()));
        }
        assert!(look(&mut invariant, 2_050, Some("x")).unwrap_err().contains("has no entry"));
        let words = [["get", KEYS[0]], ["incr", KEYS[1]]];
        let commands = words.map(|words| words.map(Bytes::from).to_vec()).to_vec();
        let keys = KEYS[..2].iter().copied().map(Bytes::from).collect();
        let exec = Operation { action: Action::Exec { commands, keys }, ..done.clone() };
        assert_eq!(written(&exec), [KEYS[1]], "what is read alone gets into no entry");
        let mut called_off = self::invariant();
        assert_eq!(look(&mut called_off, 10, Some("x")), Ok(()));
        called_off.on_outcome(&Operation { outcome: Outcome::Done(Reply::Nil), ..exec }).unwrap();
        for now_ms in (100..=2_500).step_by(100) {
            assert_eq!(look(&mut called_off, now_ms, Some("x")), Ok(()), "it wrote nothing");
        }
        let mut still = self::invariant();
        assert_eq!(look(&mut still, 10, Some("x")), Ok(()));
        still.on_outcome(&done).unwrap();
        assert_eq!(look(&mut still, 5_000, Some("x")), Ok(()), "it stood still");
    }
}
