//! What a connection watches, for its next EXEC.

use std::collections::BTreeMap;

use crate::commands::Condition;
use crate::limits::{WATCHED_BYTES_MAX, WATCHED_KEYS_MAX};
use crate::position::Version;
use crate::reply::{Error, Reply};

/// What a connection watches. What is watched up to one EXEC, or until it is forgotten, is a round;
/// requests of several rounds may be under way.
///
/// Invariant: requests of a connection begin in order, so where one of a round is done, those of
/// earlier rounds are done or refused.
#[derive(Debug, Default)]
pub(super) struct Watches {
    /// What comes now belongs to this round.
    round: u64,
    /// The rounds in which something was watched.
    rounds: BTreeMap<u64, Round>,
}

/// What one EXEC is to hold against the state.
#[derive(Debug, Default)]
struct Round {
    seen: BTreeMap<Box<[u8]>, Version>,
    /// Bytes of these keys.
    bytes: usize,
    /// How many WATCHes were asked for and not done.
    undone: usize,
}

impl Watches {
    /// A WATCH came: its round.
    pub(super) fn on_watch(&mut self) -> u64 {
        self.rounds.entry(self.round).or_default().undone += 1;
        self.round
    }

    /// An EXEC came, which ends a round: that one.
    pub(super) fn on_exec(&mut self) -> u64 {
        self.round += 1;
        self.round - 1
    }

    /// Nothing that was watched so far counts any more.
    pub(super) fn forget(&mut self) {
        self.rounds.remove(&self.round);
        self.round += mutant!(ForgottenWatchCounts, 1, 0);
    }

    /// The EXEC of a round was refused before its turn: what was watched for it is watched no more.
    /// EXECs before it may still wait, and keep theirs.
    pub(super) fn drop_round(&mut self, number: u64) {
        self.rounds.remove(&number);
    }

    #[cfg(test)]
    pub(super) fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// A WATCH of a round is done, and has seen this: the reply to it.
    pub(super) fn on_seen<'a>(
        &mut self,
        number: u64,
        seen: impl Iterator<Item = Condition<'a>>,
    ) -> Reply {
        self.rounds = self.rounds.split_off(&number);
        // Where it is not there, the connection wants to know no more.
        let Some(round) = self.rounds.get_mut(&number) else { return Reply::Ok };
        for Condition { key, seen } in seen {
            if round.seen.contains_key(key) {
                continue;
            }
            round.bytes += key.len();
            if round.seen.len() == WATCHED_KEYS_MAX || round.bytes > WATCHED_BYTES_MAX {
                return Reply::Error(too_many());
            }
            round.seen.insert(key.into(), seen);
        }
        round.undone -= 1;
        Reply::Ok
    }

    /// The EXEC of a round begins.
    ///
    /// # Errors
    /// If a WATCH of it was refused: nobody knows what it would have seen.
    pub(super) fn take(&mut self, number: u64) -> Result<Seen, Error> {
        let later = self.rounds.split_off(&(number + 1));
        let round = std::mem::replace(&mut self.rounds, later).remove(&number).unwrap_or_default();
        if mutant!(RefusedWatchForgotten, round.undone > 0, false) {
            return Err(Error::Aborted(NOT_WATCHED));
        }
        Ok(Seen(round.seen))
    }
}

/// What the WATCHes of a round saw.
pub(super) struct Seen(BTreeMap<Box<[u8]>, Version>);

impl Seen {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn conditions(&self) -> impl Iterator<Item = Condition<'_>> {
        self.0.iter().map(|(key, seen)| Condition { key, seen: *seen })
    }
}

fn too_many() -> Error {
    Error::Invalid(format!(
        "a connection may watch {WATCHED_KEYS_MAX} keys of {WATCHED_BYTES_MAX} bytes together; EXEC will refuse what follows. \
         Send UNWATCH or DISCARD, and watch fewer"
    ))
}

const NOT_WATCHED: &str = "a WATCH before it was refused. Nothing ran";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Index;
    use crate::position::AgreedPosition;

    fn seen(keys: &'static [&'static str], index: u64) -> impl Iterator<Item = Condition<'static>> {
        let at = AgreedPosition { index: Index(index), offset: 0 };
        let of = move |key: &str| Version { at, is_alive: !key.is_empty() };
        keys.iter().copied().map(move |key| Condition { key: key.as_bytes(), seen: of(key) })
    }

    fn taken(watches: &mut Watches, round: u64) -> Vec<(Vec<u8>, u64)> {
        let seen = watches.take(round).expect("all of it was watched");
        seen.conditions().map(|one| (one.key.to_vec(), one.seen.at.index.0)).collect()
    }

    #[test]
    fn an_exec_that_is_refused_leaves_what_an_earlier_one_is_to_look_at() {
        let mut watches = Watches::default();
        let first = watches.on_watch();
        assert_eq!(watches.on_seen(first, seen(&["a"], 3)), Reply::Ok);
        let waits = watches.on_exec();
        watches.on_watch();
        let refused = watches.on_exec();
        watches.drop_round(refused);
        assert_eq!(taken(&mut watches, waits), [(b"a".to_vec(), 3)]);
        assert!(watches.rounds.is_empty());
    }

    #[test]
    fn an_exec_takes_what_was_watched_before_it_and_the_first_look_counts() {
        let mut watches = Watches::default();
        let (first, second) = (watches.on_watch(), watches.on_watch());
        let exec = watches.on_exec();
        let (later, next) = (watches.on_watch(), watches.on_exec());
        assert_eq!(watches.on_seen(first, seen(&["a", "b"], 3)), Reply::Ok);
        assert_eq!(watches.on_seen(second, seen(&["b", "c"], 4)), Reply::Ok);
        let all = [("a", 3), ("b", 3), ("c", 4)].map(|(key, at)| (key.into(), at));
        assert_eq!(taken(&mut watches, exec), all);
        assert_eq!(watches.on_seen(later, seen(&["d"], 5)), Reply::Ok);
        assert_eq!(taken(&mut watches, next), [(b"d".to_vec(), 5)]);
        let exec = watches.on_exec();
        assert_eq!(taken(&mut watches, exec), [], "nothing is watched twice");
    }

    #[test]
    fn what_is_forgotten_does_not_count_and_an_exec_before_that_keeps_its_own() {
        let mut watches = Watches::default();
        let (watch, exec) = (watches.on_watch(), watches.on_exec());
        let forgotten = watches.on_watch();
        watches.forget();
        let last = watches.on_exec();
        assert_eq!(watches.on_seen(watch, seen(&["a"], 3)), Reply::Ok);
        assert_eq!(taken(&mut watches, exec), [(b"a".to_vec(), 3)]);
        assert_eq!(watches.on_seen(forgotten, seen(&["b"], 4)), Reply::Ok);
        assert_eq!(taken(&mut watches, last), []);
    }

    #[test]
    fn what_is_forgotten_on_its_way_does_not_count_for_what_is_watched_next() {
        let mut watches = Watches::default();
        let forgotten = watches.on_watch();
        watches.forget();
        let next = watches.on_watch();
        assert_eq!(watches.on_seen(forgotten, seen(&["a"], 3)), Reply::Ok);
        assert_eq!(watches.on_seen(next, seen(&["b"], 4)), Reply::Ok);
        let exec = watches.on_exec();
        assert_eq!(taken(&mut watches, exec), [(b"b".to_vec(), 4)]);
    }

    #[test]
    fn an_exec_behind_a_watch_that_was_refused_is_refused() {
        let mut watches = Watches::default();
        let (done, _refused) = (watches.on_watch(), watches.on_watch());
        assert_eq!(watches.on_seen(done, seen(&["a"], 3)), Reply::Ok);
        let exec = watches.on_exec();
        assert!(watches.take(exec).is_err());
        let exec = watches.on_exec();
        assert_eq!(taken(&mut watches, exec), [], "the next one is another matter");
    }

    #[test]
    fn more_keys_than_a_connection_may_watch_are_refused() {
        let mut watches = Watches::default();
        let keys: Vec<String> = (0..=WATCHED_KEYS_MAX).map(|key| key.to_string()).collect();
        let at = Version { at: AgreedPosition::default(), is_alive: true };
        let seen = keys.iter().map(|key| Condition { key: key.as_bytes(), seen: at });
        let round = watches.on_watch();
        assert!(matches!(watches.on_seen(round, seen), Reply::Error(Error::Invalid(_))));
        let exec = watches.on_exec();
        assert!(watches.take(exec).is_err());
    }
}
