//! The thread of the log: gathers what is queued, makes it durable, says so.
//!
//! Where nothing is queued, whoever would only wait for a small group may write it in its own
//! thread: to wake two threads takes about as long as a quick disk takes.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use node::{Shortage, Ticket};

use super::writer::ROOM_PAUSE;
use super::{Error, Log};
use crate::mutants::mutant;

/// How long nothing comes before the last frame is sealed.
const SEAL_PAUSE: Duration = Duration::from_secs(1);

/// What is told to the thread.
#[derive(Debug)]
enum Word {
    /// This is to be made durable.
    Append(Group),
    /// Something was written beside the thread: the last frame is to be sealed after a while.
    Written,
    /// That failed.
    Failed(Error),
}

/// What the thread shares with whoever writes beside it.
#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    /// Groups that are queued or being written, and not told of.
    queued: AtomicUsize,
    /// Whether the thread waits for a word alone: everything is sealed.
    resting: AtomicBool,
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("nobody panics who writes the log")
    }
}

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

/// The way to the thread. When it is dropped, all that was queued is made durable first, if there
/// is room.
#[derive(Debug)]
pub(crate) struct Handle {
    /// There until the end.
    sender: Option<Sender<Word>>,
    /// There until the end.
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    /// Whether to wait for room no longer.
    ending: Arc<AtomicBool>,
}

impl Handle {
    /// Starts the thread. It calls `tell` after each sync, and when room runs out or comes back;
    /// and `failed` if a sync fails, upon which it takes nothing more.
    pub(crate) fn spawn(
        log: Log,
        tell: impl FnMut(Report) + Send + 'static,
        failed: impl FnOnce(Error) + Send + 'static,
    ) -> Result<Handle, Error> {
        let (sender, receiver) = mpsc::channel();
        let ending = Arc::new(AtomicBool::new(false));
        let path = log.path();
        let (queued, resting) = (AtomicUsize::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { log: Mutex::new(log), queued, resting });
        let (to_share, ending_too) = (shared.clone(), ending.clone());
        let worker = Worker { shared: to_share, receiver, ending: ending_too, tell, told: None };
        let work = move || {
            if let Err(error) = worker.run() {
                failed(error);
            }
        };
        let started = thread::Builder::new().name("log".into()).spawn(work);
        let thread = started.map_err(Error::io("start a thread in", &path))?;
        Ok(Handle { sender: Some(sender), thread: Some(thread), shared, ending })
    }

    /// Queues records. Whoever queues limits how much; see [`Completion::bytes`].
    pub(crate) fn append(&self, group: Group) {
        self.shared.queued.fetch_add(1, Ordering::Relaxed);
        self.say(Word::Append(group));
    }

    /// Makes records durable before it comes back, if the thread has nothing to do and the disk is
    /// quick; else queues them. What the thread has told of by then lies before them.
    pub(crate) fn append_here(&self, group: Group) -> Option<Completion> {
        let written = self.write(&group);
        match written {
            Some(Ok(())) => {
                let resting = self.shared.resting.swap(false, Ordering::Relaxed);
                if mutant!(WrittenBesideNotSealed, resting, false) {
                    self.say(Word::Written);
                }
                let Group { ticket, records } = group;
                Some(Completion { ticket, bytes: records.len() })
            }
            Some(Err(error)) if !matches!(error, Error::Full { .. }) => {
                self.say(Word::Failed(error));
                None
            }
            Some(Err(_)) | None => {
                self.append(group);
                None
            }
        }
    }

    /// Writes a group, unless the thread is to do it.
    fn write(&self, group: &Group) -> Option<Result<(), Error>> {
        if mutant!(QueueOvertaken, self.shared.queued.load(Ordering::Acquire) > 0, false) {
            return None;
        }
        let mut log = self.shared.log.try_lock().ok()?;
        let is_quick = log.is_quick_for(group.records.len());
        is_quick.then(|| log.append(std::slice::from_ref(&group.records)))
    }

    fn say(&self, word: Word) {
        // If the thread has ended, a sync failed and the process is about to end.
        let _ = self.sender.as_ref().map(|sender| sender.send(word));
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
    shared: Arc<Shared>,
    receiver: Receiver<Word>,
    ending: Arc<AtomicBool>,
    tell: F,
    /// What was last told of room.
    told: Option<Shortage>,
}

impl<F: FnMut(Report)> Worker<F> {
    /// Makes one group of all that is queued, again and again, until the other end is gone.
    fn run(mut self) -> Result<(), Error> {
        let group_bytes = self.shared.log().group_bytes();
        let mut records = vec![];
        let mut held_back = None;
        while let Some(first) = self.next(held_back.take())? {
            let mut completion = Completion { ticket: first.ticket, bytes: first.records.len() };
            records.push(first.records);
            while let Ok(word) = self.receiver.try_recv() {
                let next = match word {
                    Word::Append(group) => group,
                    Word::Written => continue,
                    Word::Failed(error) => return Err(error),
                };
                if completion.bytes + next.records.len() > group_bytes {
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
            (self.tell)(Report::Durable(completion));
            self.tell_room();
            self.shared.queued.fetch_sub(records.len(), Ordering::Release);
            records.clear();
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
            let sequence = self.shared.log().sequence();
            match self.hear() {
                Ok(Word::Append(group)) => return Ok(Some(group)),
                Ok(Word::Written) => {}
                Ok(Word::Failed(error)) => return Err(error),
                Err(RecvTimeoutError::Disconnected) => {
                    self.shared.log().seal()?;
                    return Ok(None);
                }
                Err(RecvTimeoutError::Timeout) => {
                    let mut log = self.shared.log();
                    // Else something was written beside this thread meanwhile.
                    if log.sequence() == sequence {
                        log.seal()?;
                    }
                    log.look_for_room()?;
                    drop(log);
                    self.tell_room();
                }
            }
        }
    }

    /// Waits for a word: for ever, unless there is something to do without one.
    fn hear(&self) -> Result<Word, RecvTimeoutError> {
        let pause = {
            let log = self.shared.log();
            match log.has_to_look() {
                true => ROOM_PAUSE,
                false if log.is_sealed() => {
                    self.shared.resting.store(true, Ordering::Relaxed);
                    drop(log);
                    return self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected);
                }
                false => SEAL_PAUSE,
            }
        };
        self.receiver.recv_timeout(pause)
    }

    /// Makes these records durable, however long there is no room for them. False: the server ends,
    /// and they are not.
    fn append(&mut self, records: &[Bytes]) -> Result<bool, Error> {
        loop {
            // Nobody else has the log while this thread waits for room.
            let appended = self.shared.log().append(records);
            match appended {
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
        let shortage = self.shared.log().shortage().cloned();
        if shortage != self.told {
            self.told = shortage;
            (self.tell)(Report::Full(self.told.clone()));
        }
    }
}

#[cfg(test)]
mod tests;
