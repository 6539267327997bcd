//! Keyspaces in the agreed log: who waits for a prefix to change hands, and what the leader puts
//! into the log about it.
//!
//! CREATE and DROP are writes like all others. But their answer is not what came of them, which is
//! the first step; it is what came of the attempt.

use super::Agreed;
use crate::api::Event;
use crate::commands::{Carving, Command};
use crate::ids::{Index, KeyspaceId};
use crate::keyspace::table::Table;
use crate::position::{AgreedPosition, Certificate};
use crate::reply::{Error, Reply};
use crate::session::Waiter;
use crate::turn::Turn;

/// Who waits for attempts, each with the entry that began it.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    all: Vec<(Waiter, Index)>,
    /// Why the last attempt was given up, since this start.
    given_up: Option<String>,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Answers those who wait since `oldest_ms` or longer: it may still happen.
    pub(super) fn expire(&mut self, oldest_ms: u64, turn: &mut Turn<'_>) {
        self.refuse(&Error::Indeterminate(GOES_ON), turn, |waiter, _| waiter.since_ms <= oldest_ms);
    }

    /// The state of another member took the place of this one's: what it has passed by, nobody
    /// here will hear of.
    pub(super) fn on_installed(&mut self, table: &Table, turn: &mut Turn<'_>) {
        let under_way = table.under_way().map(|(_, attempt)| attempt.index);
        self.refuse(&Error::Indeterminate(PASSED_BY), turn, |_, index| Some(index) != under_way);
    }

    fn refuse(
        &mut self,
        error: &Error,
        turn: &mut Turn<'_>,
        which: impl Fn(&Waiter, Index) -> bool,
    ) {
        self.all.retain(|(waiter, index)| {
            let goes = which(waiter, *index);
            if goes {
                turn.refuse_write(waiter, error.clone());
            }
            !goes
        });
    }
}

impl Agreed {
    /// The table of keyspaces, as far as the log is applied.
    pub(crate) fn keyspaces(&self) -> &Table {
        self.state.keyspaces()
    }

    /// Why the last attempt was given up, since this start.
    pub(crate) fn given_up(&self) -> Option<&String> {
        self.carved.given_up.as_ref()
    }

    /// Whoever asked for an attempt that begins here waits for its end; `None`: that is not what
    /// came of the write.
    pub(super) fn wait_for_attempt(&mut self, waiter: Waiter, index: Index) {
        self.carved.all.push((waiter, index));
    }

    /// A write about a prefix that changes hands was applied there, and counted: whoever waited for
    /// the attempt is answered.
    pub(super) fn on_carving(&mut self, carving: Carving, at: AgreedPosition, turn: &mut Turn<'_>) {
        let (index, reply) = match carving {
            Carving::Begins => return,
            Carving::Opens(index) => (index, Reply::Ok),
            Carving::GivesUp(index, why) => {
                // What was given up before this start is no news.
                if self.is_fresh() {
                    turn.note(Event::KeyspaceGivenUp(why.clone()));
                    self.carved.given_up = Some(why.clone());
                }
                (index, Reply::Error(Error::Invalid(why)))
            }
        };
        let is_meant = |one: &mut (Waiter, Index)| one.1 == index;
        for (waiter, _) in self.carved.all.extract_if(.., is_meant) {
            let certificate = || Certificate::Agreed { position: at, by: None };
            turn.answer_write(&waiter, reply.clone(), certificate);
        }
    }

    /// Puts the end of an attempt into the log: it changes hands, or it is given up for this
    /// reason. It counts only while the attempt stands, so it does no harm to say it twice.
    pub(crate) fn end_attempt(&mut self, attempt: Index, why: Option<&str>) {
        let command = match why {
            None => Command::open_keyspace(attempt),
            Some(why) => Command::give_keyspace_up(attempt, why),
        };
        self.proposals.push(None, KeyspaceId::SYSTEM, &command);
    }

    /// The time of an entry that this leader would make now.
    pub(crate) fn log_time_ms(&mut self, turn: &Turn<'_>) -> u64 {
        self.stamp_ms(turn)
    }

    /// Takes out the reads that wait and that this says of that they may not run any more.
    pub(crate) fn refuse_reads(
        &mut self,
        error: &Error,
        moved: impl Fn(&Command) -> bool,
        turn: &mut Turn<'_>,
    ) {
        self.reads.take_out(moved, |waiter| turn.refuse_read(&waiter, error.clone()));
    }
}

const GOES_ON: &str = "the keyspace is still on its way: it may be opened, dropped or given up later. Hint: KEYSPACE LIST says \
    what became of it";

const PASSED_BY: &str = "this node has fetched a state in which the keyspace is open, dropped or given up. Hint: KEYSPACE LIST says \
    what became of it";
