//! The thread of the log: gathers what is queued, makes it durable, says so.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use node::Ticket;

use super::{Error, Log};

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

/// The way to the thread. When it is dropped, all that was queued is made durable first.
#[derive(Debug)]
pub(crate) struct Handle {
    /// There until the end.
    sender: Option<Sender<Group>>,
    /// There until the end.
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Starts the thread. It calls `done` after each sync, and `failed` if one fails, upon which it
    /// takes nothing more.
    pub(crate) fn spawn(
        log: Log,
        done: impl FnMut(Completion) + Send + 'static,
        failed: impl FnOnce(Error) + Send + 'static,
    ) -> Handle {
        let (sender, receiver) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("log".into())
            .spawn(move || {
                if let Err(error) = run(log, &receiver, done) {
                    failed(error);
                }
            })
            .expect("the system has room for one more thread at the start");
        Handle { sender: Some(sender), thread: Some(thread) }
    }

    /// Queues records. Whoever queues limits how much; see [`Completion::bytes`].
    pub(crate) fn append(&self, group: Group) {
        // If the thread has ended, a sync failed and the process is about to end.
        let _ = self.sender.as_ref().map(|sender| sender.send(group));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        drop(self.sender.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Makes one group of all that is queued, again and again, until the other end is gone.
fn run(
    mut log: Log,
    receiver: &Receiver<Group>,
    mut done: impl FnMut(Completion),
) -> Result<(), Error> {
    let mut records = vec![];
    let mut held_back = None;
    while let Some(first) = held_back.take().or_else(|| receiver.recv().ok()) {
        let mut completion = Completion { ticket: first.ticket, bytes: first.records.len() };
        records.push(first.records);
        while let Ok(next) = receiver.try_recv() {
            if completion.bytes + next.records.len() > log.group_bytes() {
                held_back = Some(next);
                break;
            }
            completion.ticket = next.ticket;
            completion.bytes += next.records.len();
            records.push(next.records);
        }
        log.append(&records)?;
        records.clear();
        done(completion);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;
    use crate::log::Directory;

    /// A log of small segments in this directory, and the groups that are in it.
    fn open(path: &Path) -> (Log, Vec<Vec<u8>>) {
        let mut found = vec![];
        let directory = Directory::open(path).unwrap();
        let replay = |records: Bytes| {
            found.push(records.to_vec());
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
        let done = move |completion| {
            done.send(completion).unwrap();
            gate.recv().unwrap();
        };
        let handle = Handle::spawn(log, done, |error| panic!("{error}"));
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
        assert_eq!(counters.syncs.load(Relaxed), 3);
        assert_eq!(open(temp.path()).1, [b"one".to_vec(), b"more".repeat(8), b"last".to_vec()]);
    }

    #[test]
    fn groups_that_do_not_fit_into_a_segment_together_are_apart() {
        let temp = tempfile::tempdir().unwrap();
        let (log, _) = open(temp.path());
        let (done, completions) = mpsc::channel();
        let (go_on, gate) = mpsc::channel();
        let done = move |completion| {
            done.send(completion).unwrap();
            gate.recv().unwrap();
        };
        let handle = Handle::spawn(log, done, |error| panic!("{error}"));
        handle.append(group(1, b"one"));
        completions.recv().unwrap();
        for ticket in 2..=4 {
            handle.append(group(ticket, &[b'x'; 3000]));
        }
        (0..4).for_each(|_| go_on.send(()).unwrap());
        drop(handle);
        let sizes: Vec<_> = completions.iter().map(|each: Completion| each.bytes).collect();
        assert_eq!(sizes, [3000, 3000, 3000]);
    }

    #[test]
    fn a_failed_write_is_the_end() {
        let temp = tempfile::tempdir().unwrap();
        let (mut log, _) = open(temp.path());
        log.break_disk();
        let (failed, failures) = mpsc::channel();
        let done = |completion| panic!("{completion:?} is durable nowhere");
        let handle = Handle::spawn(log, done, move |error| failed.send(error.to_string()).unwrap());
        handle.append(group(1, b"lost"));
        let text = failures.recv().unwrap();
        assert!(text.contains("cannot write to") && text.contains("1.log"), "{text}");
        handle.append(group(2, b"lost too"));
        drop(handle);
        assert!(failures.recv().is_err(), "it is not tried again");
        assert!(open(temp.path()).1.is_empty());
    }
}
