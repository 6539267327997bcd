//! Clients that fetch a backup: what they ask, on its way to the thread that reads snapshots.

use std::cell::RefCell;
use std::collections::BTreeSet;

use node::{RequestId, SessionId, SnapshotNumber};

use crate::snapshots::PinnedRead;

/// What the thread is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// A client wants a part.
    Read(PinnedRead),
    /// A client needs its snapshot no more.
    Release(SessionId),
}

/// What clients asked since the last turn.
#[derive(Debug, Default)]
pub(crate) struct Backups {
    words: RefCell<Vec<Word>>,
    /// Those that may keep a snapshot open.
    holders: RefCell<BTreeSet<SessionId>>,
}

impl Backups {
    /// A client wants so many bytes of a snapshot's file, from there on.
    pub(crate) fn read(
        &self,
        session: SessionId,
        id: RequestId,
        number: SnapshotNumber,
        offset: u64,
        bytes: usize,
    ) {
        self.holders.borrow_mut().insert(session);
        let (holder, request) = (session.0, id.0);
        let read = PinnedRead { holder, request, number, offset, bytes };
        self.words.borrow_mut().push(Word::Read(read));
    }

    /// A client needs its snapshot no more, or is gone. True: it may have had one.
    pub(crate) fn release(&self, session: SessionId) -> bool {
        let had_one = self.holders.borrow_mut().remove(&session);
        if had_one {
            self.words.borrow_mut().push(Word::Release(session));
        }
        had_one
    }

    /// All that was asked, in order.
    pub(crate) fn take(&self) -> Vec<Word> {
        std::mem::take(&mut self.words.borrow_mut())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_read_nothing_has_nothing_to_release() {
        let (backups, session) = (Backups::default(), SessionId(7));
        assert!(!backups.release(session) && backups.take().is_empty());
        backups.read(session, RequestId(3), SnapshotNumber(1), 5, 9);
        assert!(backups.release(session) && !backups.release(session));
        let number = SnapshotNumber(1);
        let read = PinnedRead { holder: 7, request: 3, number, offset: 5, bytes: 9 };
        assert_eq!(backups.take(), [Word::Read(read), Word::Release(session)]);
        assert!(backups.take().is_empty());
    }
}
