//! The thread of the log: gathers what is queued, makes it durable, says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use node::{Shortage, Ticket};

use super::writer::ROOM_PAUSE;
use super::{Error, Log};
use crate::mutants::mutant;

/// How long nothing comes before the last frame is sealed.
const SEAL_PAUSE: Duration = Duration::from_secs(1);

/// Records that the node wants durable.
#[derive(Debug)]
pub(crate) struct Group {
    /// What the node calls them.
    pub ticket: Ticket,
    /// What to write.
    pub records: Bytes,
}

/// What became durable by one sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The last ticket; all before it are durable too.
    pub ticket: Ticket,
    /// How many bytes of records.
    pub bytes: usize,
}

/// What the thread tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// Something became durable.
    Durable(Completion),
    /// There is no room for more than small records, and why; or there is again.
    Full(Option<Shortage>),
}

/// The way to the thread. When it is dropped, all that was queued is made durable first, if there is room.
#[derive(Debug)]
pub(crate) struct Handle {
    /// There until the end.
    sender: Option<Sender<Group>>,
    /// There until the end.
    thread: Option<JoinHandle<()>>,
    /// Whether to wait for room no longer.
    ending: Arc<AtomicBool>,
}

impl Handle {
    /// Starts the thread. It calls `tell` after each sync, and when room runs out or comes back; and `failed` if a sync
    /// fails, upon which it takes nothing more.
    pub(crate) fn spawn(
        log: Log,
        tell: impl FnMut(Report) + Send + 'static,
        failed: impl FnOnce(Error) + Send + 'static,
    ) -> Result<Handle, Error> {
        let (sender, receiver) = mpsc::channel();
        let ending = Arc::new(AtomicBool::new(false));
        let worker = Worker { log, receiver, ending: ending.clone(), tell, told: None };
        let path = worker.log.path();
        let work = move || {
            if let Err(error) = worker.run() {
                failed(error);
            }
        };
        let started = thread::Builder::new().name("log".into()).spawn(work);
        let thread = started.map_err(Error::io("start a thread in", &path))?;
        Ok(Handle { sender: Some(sender), thread: Some(thread), ending })
    }

    /// Queues records. Whoever queues limits how much; see [`Completion::bytes`].
    pub(crate) fn append(&self, group: Group) {
        // If the thread has ended, a sync failed and the process is about to end.
        let _ = self.sender.as_ref().map(|sender| sender.send(group));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What runs on the thread.
struct Worker<F> {
    log: Log,
    receiver: Receiver<Group>,
    ending: Arc<AtomicBool>,
    tell: F,
    /// What was last told of room.
    told: Option<Shortage>,
}

impl<F: FnMut(Report)> Worker<F> {
    /// Makes one group of all that is queued, again and again, until the other end is gone.
    fn run(mut self) -> Result<(), Error> {
        let mut records = vec![];
        let mut held_back = None;
        while let Some(first) = self.next(held_back.take())? {
            let mut completion = Completion { ticket: first.ticket, bytes: first.records.len() };
            records.push(first.records);
            while let Ok(next) = self.receiver.try_recv() {
                if completion.bytes + next.records.len() > self.log.group_bytes() {
                    mutant!(HeldBackAcknowledged, {}, completion.ticket = next.ticket);
                    held_back = Some(next);
                    break;
                }
                completion.ticket = next.ticket;
                completion.bytes += next.records.len();
                records.push(next.records);
            }
            mutant!(TellsBeforeSync, {}, (self.tell)(Report::Durable(completion)));
            if !self.append(&records)? {
                return Ok(());
            }
            records.clear();
            (self.tell)(Report::Durable(completion));
            self.tell_room();
        }
        Ok(())
    }

    /// The next group, this one or one that comes; meanwhile looks for room if there was none.
    fn next(&mut self, held_back: Option<Group>) -> Result<Option<Group>, Error> {
        if held_back.is_some() {
            return Ok(held_back);
        }
        mutant!(
            QueuedLostAtEnd,
            {},
            if self.ending.load(Ordering::Relaxed) {
                return Ok(None);
            }
        );
        loop {
            let pause = match self.log.has_to_look() {
                true => ROOM_PAUSE,
                false if self.log.is_sealed() => return Ok(self.receiver.recv().ok()),
                false => SEAL_PAUSE,
            };
            match self.receiver.recv_timeout(pause) {
                Ok(group) => return Ok(Some(group)),
                Err(RecvTimeoutError::Disconnected) => {
                    self.log.seal()?;
                    return Ok(None);
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.log.seal()?;
                    self.log.look_for_room()?;
                    self.tell_room();
                }
            }
        }
    }

    /// Makes these records durable, however long there is no room for them. False: the server ends, and they are not.
    fn append(&mut self, records: &[Bytes]) -> Result<bool, Error> {
        loop {
            match self.log.append(records) {
                Ok(()) => return Ok(true),
                Err(Error::Full { .. }) if self.ending.load(Ordering::Relaxed) => return Ok(false),
                Err(Error::Full { .. }) => {
                    self.tell_room();
                    thread::sleep(ROOM_PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn tell_room(&mut self) {
        if self.log.shortage() != self.told.as_ref() {
            self.told = self.log.shortage().cloned();
            (self.tell)(Report::Full(self.told.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::Ordering::Relaxed;

    use rustix::io::Errno;

    use super::*;
    use crate::disk::{Disk, Fault, Faulty, Operation};
    use crate::log::Directory;

    /// A log of small segments in this directory, and the groups that are in it, but for the seals.
    fn open(path: &Path) -> (Log, Vec<Vec<u8>>) {
        open_on(&Disk::default(), path)
    }

    /// The same on this disk.
    fn open_on(disk: &Disk, path: &Path) -> (Log, Vec<Vec<u8>>) {
        let mut found = vec![];
        let directory = Directory::open(disk, path).unwrap();
        let replay = |records: Bytes| {
            found.extend((!records.is_empty()).then(|| records.to_vec()));
            Ok(())
        };
        let (log, _) = Log::open(directory, 8192, replay).unwrap();
        (log, found)
    }

    /// What is sent to the thread of the log: this ticket, with these records.
    fn group(ticket: u64, records: &'static [u8]) -> Group {
        Group { ticket: Ticket(ticket), records: Bytes::from_static(records) }
    }

    #[test]
    fn what_is_queued_during_a_sync_becomes_one_group() {
        let temp = tempfile::tempdir().unwrap();
        let (log, _) = open(temp.path());
        let counters = log.counters();
        let (done, completions) = mpsc::channel();
        let (go_on, gate) = mpsc::channel();
        let tell = move |report| {
            let Report::Durable(completion) = report else { panic!("there is room") };
            done.send(completion).unwrap();
            gate.recv().unwrap();
        };
        let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
        handle.append(group(1, b"one"));
        // The thread has written the first and stands still: all of these are queued behind it.
        assert_eq!(completions.recv().unwrap(), Completion { ticket: Ticket(1), bytes: 3 });
        for ticket in 2..=9 {
            handle.append(group(ticket, b"more"));
        }
        go_on.send(()).unwrap();
        assert_eq!(completions.recv().unwrap(), Completion { ticket: Ticket(9), bytes: 32 });
        go_on.send(()).unwrap();
        // What is queued at the end is made durable too.
        handle.append(group(10, b"last"));
        go_on.send(()).unwrap();
        drop(handle);
        assert_eq!(counters.syncs.load(Relaxed), 4, "three groups and the seal");
        assert_eq!(open(temp.path()).1, [b"one".to_vec(), b"more".repeat(8), b"last".to_vec()]);
    }

    #[test]
    fn harm_to_the_last_group_is_seen_once_it_is_sealed() {
        let temp = tempfile::tempdir().unwrap();
        let handle = Handle::spawn(open(temp.path()).0, drop, |error| panic!("{error}")).unwrap();
        handle.append(group(1, b"kept"));
        drop(handle);
        let path = crate::log::segment::path(&temp.path().join("log"), 1);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = bytes.windows(4).position(|window| window == b"kept").unwrap();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let directory = Directory::open(&Disk::default(), temp.path()).unwrap();
        let opened = Log::open(directory, 8192, |_| Ok(()));
        let error = opened.map(drop).expect_err("damage");
        assert!(error.to_string().contains("the log is damaged"), "{error}");
    }

    #[test]
    fn groups_that_do_not_fit_into_a_segment_together_are_apart() {
        let temp = tempfile::tempdir().unwrap();
        let (log, _) = open(temp.path());
        let (done, completions) = mpsc::channel();
        let (go_on, gate) = mpsc::channel();
        let tell = move |report| {
            let Report::Durable(completion) = report else { panic!("there is room") };
            done.send(completion).unwrap();
            gate.recv().unwrap();
        };
        let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
        handle.append(group(1, b"one"));
        completions.recv().unwrap();
        for ticket in 2..=4 {
            handle.append(group(ticket, &[b'x'; 3000]));
        }
        (0..4).for_each(|_| go_on.send(()).unwrap());
        drop(handle);
        let told: Vec<_> =
            completions.iter().map(|each: Completion| (each.ticket.0, each.bytes)).collect();
        assert_eq!(told, [(2, 3000), (3, 3000), (4, 3000)], "what is held back is not durable yet");
    }

    #[test]
    fn what_is_queued_at_the_end_is_made_durable() {
        let temp = tempfile::tempdir().unwrap();
        let (go_on, gate) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let tell = move |report| {
            tell.send(report).unwrap();
            gate.recv().unwrap();
        };
        let log = open(temp.path()).0;
        let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
        handle.append(group(1, b"one"));
        told.recv().unwrap();
        handle.append(group(2, &[b'x'; 3000]));
        handle.append(group(3, &[b'y'; 3000]));
        let ending = handle.ending.clone();
        let ended = thread::spawn(move || drop(handle));
        while !ending.load(Relaxed) {
            thread::yield_now();
        }
        // The thread of the log stood still until now: the server ends with groups in the queue.
        (0..3).for_each(|_| go_on.send(()).unwrap());
        ended.join().unwrap();
        assert_eq!(open(temp.path()).1.concat().len(), 6003);
    }

    /// After this fault of this operation nothing is acknowledged, and nothing is tried again.
    #[track_caller]
    fn is_the_end(operation: Operation, says: &str) {
        let temp = tempfile::tempdir().unwrap();
        let faulty = Arc::new(Faulty::new(false));
        let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
        faulty.plan(Some(operation), 0, Fault::Refused(Errno::IO));
        let (failed, failures) = mpsc::channel();
        let tell = |report| panic!("{report:?}, but nothing is durable");
        let failed = move |error: Error| failed.send(error.to_string()).unwrap();
        let handle = Handle::spawn(log, tell, failed).unwrap();
        handle.append(group(1, b"lost"));
        let text = failures.recv().unwrap();
        assert!(text.contains(says) && text.contains("1.log"), "{text}");
        handle.append(group(2, b"lost too"));
        drop(handle);
        assert!(failures.recv().is_err(), "it is not tried again");
    }

    #[test]
    fn a_failed_write_is_the_end() {
        is_the_end(Operation::Write, "cannot write to");
    }

    #[test]
    fn a_failed_sync_is_the_end() {
        is_the_end(Operation::Sync, "cannot sync");
    }

    #[test]
    fn what_finds_no_room_waits_for_it() {
        let temp = tempfile::tempdir().unwrap();
        let faulty = Arc::new(Faulty::new(false));
        let (log, _) = open_on(&Disk::faulty(faulty.clone()), temp.path());
        let (tell, reports) = mpsc::channel();
        let tell = move |report| tell.send(report).unwrap();
        let handle = Handle::spawn(log, tell, |error| panic!("{error}")).unwrap();
        let durable = |ticket, bytes| Report::Durable(Completion { ticket: Ticket(ticket), bytes });
        faulty.refuse(Some(Errno::NOSPC));
        assert_eq!(
            reports.recv().unwrap(),
            Report::Full(Some(Shortage::of_room())),
            "noticed without a write"
        );
        handle.append(group(1, b"small"));
        assert_eq!(reports.recv().unwrap(), durable(1, 5), "there is a reserve");
        handle.append(group(2, &[b'x'; 3000]));
        assert_eq!(reports.recv().unwrap(), durable(2, 3000));
        handle.append(group(3, &[b'y'; 3000]));
        assert!(reports.recv_timeout(2 * ROOM_PAUSE).is_err(), "it needs another segment");
        faulty.refuse(None);
        let mut told = vec![reports.recv().unwrap(), reports.recv().unwrap()];
        told.sort_by_key(|report| matches!(report, Report::Full(_)));
        assert_eq!(told, [durable(3, 3000), Report::Full(None)]);
        faulty.refuse(Some(Errno::NOSPC));
        assert_eq!(reports.recv().unwrap(), Report::Full(Some(Shortage::of_room())));
        handle.append(group(4, &[b'z'; 3000]));
        drop(handle);
        assert!(reports.recv().is_err(), "the server ends: nobody waits for room any more");
        let lengths: Vec<usize> = open(temp.path()).1.iter().map(Vec::len).collect();
        assert_eq!(lengths, [5, 3000, 3000]);
    }
}
