//! What commands do: pure steps over what a state shows of itself.

use std::borrow::Cow;

use super::arguments::{Args, Arguments};
use super::unreadable::Unreadable;
use crate::cluster::roster::{Roster, Wanted};
use crate::limits::OnceLimits;
use crate::position::{AgreedPosition, Version};
use crate::reply::{Error, Reply};
use crate::store::{Cursor, Deadline, Value};

/// What a command does.
#[derive(Clone, Copy)]
pub(crate) enum Effect {
    /// It reads, and is answered at once.
    Read(Read),
    /// It reads, and looks through about so many bytes of values for it, of which its answer shows
    /// little. It stands in no list: a list is carried out as a whole, however long that takes.
    Scan { read: Read, bytes: fn(&dyn View, &Arguments) -> usize },
    /// It walks over keys that it does not name, and is answered at once: so many steps of a turn
    /// it may take. `pattern`: the place of the one that its keys fit, if it lists them.
    Walk { read: Read, steps: fn(&Arguments) -> usize, pattern: Option<usize> },
    /// It counts which of its keys exist; very many are counted in pieces.
    Count,
    /// It lists the keys that fit a pattern, over as many turns as that takes.
    List,
    /// It begins to watch keys: what it sees of them stays with its connection.
    Watch,
    /// It writes.
    Write(Writes),
    /// It is about the session that says it.
    OfSession(OfSession),
}

/// What is done about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfSession {
    /// It is told where it stands.
    Token,
    /// It waits until this node stands where its token says.
    WaitFor,
    /// It is told which keyspaces there are.
    Keyspaces,
    /// It is told which levels a keyspace gives.
    Levels,
    /// It is told at which level reads of a key are answered that name none.
    LevelOf,
    /// It is told at which level its last read was answered.
    Last,
    /// It waits until the member that it names leads.
    Transfer,
}

/// Answers from a state. The number is chance, for what is to be random.
pub(crate) type Read = fn(&dyn View, &Arguments, u64) -> Reply;

/// How a write is carried out.
#[derive(Clone, Copy)]
pub(crate) struct Writes {
    /// Whether arguments from a log or a peer, of which there are as many as the row says, are in
    /// the form that the parser gives them.
    pub(crate) check: fn(Args<'_>) -> Result<(), Unreadable>,
    /// The step of the state machine: it depends on the state and the arguments alone.
    pub(crate) run: fn(&mut Step<'_>, Args<'_>) -> Answer,
    /// The rule by which it is merged, if it has one.
    pub(crate) merge: Option<Merge>,
    /// The keys within one of its arguments, of a write that is made of others.
    pub(crate) keys_within: Option<KeysWithin>,
}

/// The keys within an argument.
pub(crate) type KeysWithin = for<'a> fn(&'a [u8]) -> Vec<&'a [u8]>;

/// Merges a write into a replica's state, and gives the answer for who asked this replica for it.
pub(crate) type Merge = for<'a> fn(&mut dyn Merging<'a>, Args<'a>) -> Reply;

impl Writes {
    /// What most writes have in common: any arguments will do, and they cannot be merged.
    pub(crate) const NONE: Writes = Writes {
        check: |_| Ok(()),
        run: |_, _| Answer { reply: Reply::Nil, by: None },
        merge: None,
        keys_within: None,
    };

    /// One whose every argument may be anything, and that needs one order of all writes.
    pub(crate) const fn agreed(run: fn(&mut Step<'_>, Args<'_>) -> Answer) -> Effect {
        Effect::Write(Writes { run, ..Writes::NONE })
    }
}

/// What a read sees.
pub(crate) trait View {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Option<Value<'_>>;
    /// When a key goes, in milliseconds of log time; `Some(None)`: it stays. `None`: there is no
    /// such key.
    fn deadline_ms(&self, key: &[u8]) -> Option<Option<u64>> {
        self.get(key).map(|_| None)
    }
    /// About what time it is, in milliseconds: what is left of a key's life counts from then. It
    /// may be later than the time by which keys are dead.
    fn now_ms(&self) -> u64 {
        0
    }
    /// Has the processor fetch what lies under these keys; see [`crate::store::Store::touch`].
    fn touch(&self, keys: &[&[u8]]);
    /// How many keys have a value.
    fn keys(&self) -> u64;
    /// Calls `each` with the keys that have a value, in the order of the walk, from `from` on,
    /// until it says no; so that no turn takes long, also after so many places. Gives back where to
    /// go on; `None`: there is nothing more.
    fn walk(
        &self,
        from: Cursor,
        most: usize,
        each: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Option<Cursor>;
}

/// The state that a write of the agreed order runs on.
pub(crate) trait Values {
    /// The value of a key, and where it was written.
    fn get(&self, key: &[u8]) -> Option<(Value<'_>, AgreedPosition)>;
    /// Whether a key is as somebody saw it who watches it.
    fn is_unchanged(&self, key: &[u8], seen: Version) -> bool;
    /// When a key goes, in milliseconds of log time; `Some(None)`: it stays. `None`: there is no
    /// such key.
    fn deadline_ms(&self, key: &[u8]) -> Option<Option<u64>>;
    /// Gives a key a value, and says when it goes.
    fn set_until(&mut self, key: &[u8], value: Cow<'_, [u8]>, deadline: Deadline);
    /// Says when a key goes that is there.
    fn set_deadline(&mut self, key: &[u8], deadline: Deadline);
    /// Removes a key; true if it was there.
    fn remove(&mut self, key: &[u8]) -> bool;
    /// Removes all keys.
    fn clear(&mut self);
    /// Removes up to so many keys that are dead: how many were.
    fn reclaim(&mut self, most: usize) -> usize;
    /// The time of this entry, in milliseconds of log time.
    fn now_ms(&self) -> u64;

    /// Gives a key a value, and no deadline.
    fn set(&mut self, key: &[u8], value: Cow<'_, [u8]>) {
        self.set_until(key, value, Deadline::Never);
    }

    /// Gives a key another value; its deadline stays.
    fn change(&mut self, key: &[u8], value: Cow<'_, [u8]>) {
        self.set_until(key, value, Deadline::KeptAfter(self.now_ms()));
    }

    /// What a read sees that runs now.
    fn view(&self) -> &dyn View;
    /// The next command of a list runs: it stands one place on.
    fn next_place(&mut self);
    /// How many bytes this write has given to keys so far.
    fn given(&self) -> usize;
    /// Changes the table of keyspaces, as the command of this id with these arguments says.
    fn change_keyspaces(&mut self, id: u32, args: Args<'_>) -> Reply;
    /// All members understand this version from now on.
    fn finalize(&mut self, version: u64);
    /// Begins a change of members, if it may; these are the founders, as whoever asked knows them.
    fn change_members(&mut self, founders: &Roster, wanted: Wanted) -> Reply;
    /// What the agreed records may count, in bytes; `None`: nobody has set that.
    fn max_memory(&self) -> Option<u64>;
    /// How long and how many ids are kept of what has run once.
    fn once_limits(&self) -> OnceLimits;
    /// Whether somebody has set that.
    fn once_is_limited(&self) -> bool;
    /// From now on so many are kept, for so long.
    fn limit_once(&mut self, limits: OnceLimits);
    /// From now on the agreed records may count so many bytes; 0: any number.
    fn set_max_memory(&mut self, bytes: u64);
}

/// A write that runs.
pub(crate) struct Step<'a> {
    pub(crate) values: &'a mut dyn Values,
    /// What it costs beyond its keys and the bytes that it moves, in steps of a turn.
    pub(crate) steps: usize,
    /// Whether this node was asked for it: nobody else needs to build a reply.
    pub(crate) asked: bool,
}

impl Step<'_> {
    /// The value of a key as a reply, if anybody is to hear it, and where it was written.
    pub(crate) fn old(&self, key: &[u8]) -> Answer {
        let old = self.values.get(key);
        let reply = match old {
            Some((value, _)) if self.asked => Reply::Value(value.shown()),
            _ => Reply::Nil,
        };
        Answer { reply, by: Some(old.map(|(_, by)| by)) }
    }
}

/// What came of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    /// If it looked at the value of one key: where that was written; `Some(None)`: nothing was
    /// there.
    pub(crate) by: Option<Option<AgreedPosition>>,
}

impl Answer {
    /// The answer of a write that looked at no value.
    pub(crate) fn blindly(reply: Reply) -> Answer {
        Answer { reply, by: None }
    }

    /// The state machine refuses the write: nothing has changed.
    pub(crate) fn refused(text: &str) -> Answer {
        Answer::blindly(Reply::Error(Error::Invalid(text.into())))
    }

    /// The state machine refuses the write, since it may need more memory and there is none.
    pub(crate) fn out_of_memory() -> Answer {
        Answer::blindly(Reply::Error(Error::OutOfMemory("maxmemory")))
    }
}

/// The state that a write is merged into, with the stamp of that write.
pub(crate) trait Merging<'a> {
    /// Gives a key a value, unless a write that outlasts this one did something to it.
    fn set(&mut self, key: &'a [u8], value: &'a [u8]);
    /// Removes keys likewise: how many had a value. Each counts once.
    fn remove(&mut self, keys: &mut dyn Iterator<Item = &'a [u8]>) -> usize;
    /// Adds to a key, unless a SET or DEL that it had not seen did something to it.
    fn add(&mut self, key: &'a [u8], amount: i128);
}
