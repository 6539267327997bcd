//! The thread of the log: gathers what is queued, makes it durable, says so.
//!
//! A snapshot is begun between two groups: what was handed over before it is in it, and what comes
//! after it is not. So a mark in the queue ends the group that is gathered, and the number of the
//! next frame is what the snapshot goes up to.
//!
//! Where nothing is queued, whoever would only wait for a small group may write it in its own
//! thread: to wake two threads takes about as long as a quick disk takes.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use node::{Shortage, SnapshotNumber, Ticket};
use tracing::warn;

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
    /// This snapshot holds all that was said before, and nothing of what comes after.
    Mark(SnapshotNumber),
    /// Something was written beside the thread: the last frame is to be sealed after a while.
    Written,
    /// That failed.
    Failed(Error),
}

/// What the thread shares with whoever writes beside it.
#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    /// Groups and marks that are queued or being written, and not told of.
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
    /// The frame that they are in.
    pub frame: u64,
}

/// What the thread tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// Something became durable.
    Durable(Completion),
    /// There is no room for more than small records, and why; or there is again.
    Full(Option<Shortage>),
    /// All that this snapshot holds is durable.
    Marked {
        /// The snapshot.
        snapshot: SnapshotNumber,
        /// The first frame that it does not hold.
        frame: u64,
    },
    /// A part of the log was read.
    Read {
        /// What the question was called.
        request: u64,
        /// What its frames carry; none: they are cut, or cannot be read.
        groups: Vec<Bytes>,
        /// The number of the next frame.
        next: u64,
    },
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
    /// Threads that remove what was cut off.
    cutting: RefCell<Vec<JoinHandle<()>>>,
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
        let (sender, thread, cutting) = (Some(sender), Some(thread), RefCell::default());
        Ok(Handle { sender, thread, shared, cutting, ending })
    }

    /// Queues records. Whoever queues limits how much; see [`Completion::bytes`].
    pub(crate) fn append(&self, group: Group) {
        self.shared.queued.fetch_add(1, Ordering::Relaxed);
        self.say(Word::Append(group));
    }

    /// Has [`Report::Marked`] told once all that was queued before is durable. What is queued from
    /// now on comes behind that frame, or is it.
    pub(crate) fn mark(&self, snapshot: SnapshotNumber) {
        mutant!(
            MarkOvertaken,
            {
                self.shared.queued.fetch_add(1, Ordering::Relaxed);
            },
            self.shared.queued.store(0, Ordering::Relaxed)
        );
        self.say(Word::Mark(snapshot));
    }

    /// Has all segments removed whose frames all lie before this one. That takes a while, and it
    /// may be what the log waits for if it has no room: so it is done beside its thread.
    pub(crate) fn cut(&self, before: u64) {
        let shared = self.shared.clone();
        let cut = move || {
            let cut = shared.log().cut(before);
            if let Err(error) = cut.carry_out() {
                warn!("{error}; what was cut off the log takes room until the next cut");
            }
        };
        let mut cutting = self.cutting.borrow_mut();
        cutting.retain(|thread| !thread.is_finished());
        match thread::Builder::new().name("cut".into()).spawn(cut) {
            Ok(thread) => cutting.push(thread),
            Err(error) => warn!("no thread cuts the log: {error}; the next cut makes up for it"),
        }
    }

    /// Makes records durable before it comes back, if the thread has nothing to do and the disk is
    /// quick; else queues them. What the thread has told of by then lies before them.
    pub(crate) fn append_here(&self, group: Group) -> Option<Completion> {
        let written = self.write(&group);
        match written {
            Some(Ok(frame)) => {
                let resting = self.shared.resting.swap(false, Ordering::Relaxed);
                if mutant!(WrittenBesideNotSealed, resting, false) {
                    self.say(Word::Written);
                }
                let Group { ticket, records } = group;
                Some(Completion { ticket, bytes: records.len(), frame })
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

    /// Writes a group, unless the thread is to do it; gives its frame.
    fn write(&self, group: &Group) -> Option<Result<u64, Error>> {
        if mutant!(QueueOvertaken, self.shared.queued.load(Ordering::Acquire) > 0, false) {
            return None;
        }
        let mut log = self.shared.log.try_lock().ok()?;
        let is_quick = log.is_quick_for(group.records.len());
        let frame = log.sequence();
        is_quick.then(|| log.append(std::slice::from_ref(&group.records)).map(|()| frame))
    }

    /// As if the disk had always been quick.
    #[cfg(test)]
    pub(crate) fn forget_slowness(&self) {
        self.shared.log().forget_slowness();
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
        // The directory stays locked until nothing is removed any more either.
        for thread in self.thread.take().into_iter().chain(self.cutting.take()) {
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

/// What becomes one group: its records, and what is told of them.
struct Batch {
    records: Vec<Bytes>,
    completion: Completion,
}

impl Batch {
    fn of(first: Group) -> Batch {
        // It gets its frame when it is written.
        let (ticket, bytes) = (first.ticket, first.records.len());
        let completion = Completion { ticket, bytes, frame: 0 };
        Batch { records: vec![first.records], completion }
    }

    fn add(&mut self, next: Group) {
        self.completion.ticket = next.ticket;
        self.completion.bytes += next.records.len();
        self.records.push(next.records);
    }
}

impl<F: FnMut(Report)> Worker<F> {
    /// Makes one group of all that is queued, again and again, until the other end is gone.
    fn run(mut self) -> Result<(), Error> {
        let group_bytes = self.shared.log().group_bytes();
        let mut held_back = None;
        while let Some(word) = self.next(held_back.take())? {
            match word {
                Word::Append(first) => {
                    let mut batch = Batch::of(first);
                    held_back = self.gather(&mut batch, group_bytes)?;
                    if !self.write(batch)? {
                        return Ok(());
                    }
                }
                Word::Mark(snapshot) => self.tell_mark(snapshot),
                Word::Written => {}
                Word::Failed(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Adds all to the batch that is queued and fits; gives back what does not belong to it.
    fn gather(&self, batch: &mut Batch, group_bytes: usize) -> Result<Option<Word>, Error> {
        while let Ok(word) = self.receiver.try_recv() {
            match word {
                Word::Append(next)
                    if batch.completion.bytes + next.records.len() <= group_bytes =>
                {
                    batch.add(next);
                }
                Word::Append(next) => {
                    mutant!(HeldBackAcknowledged, {}, batch.completion.ticket = next.ticket);
                    return Ok(Some(Word::Append(next)));
                }
                Word::Mark(_) => return Ok(Some(word)),
                Word::Written => {}
                Word::Failed(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Makes a batch durable, and says so. False: the server ends, and it is not.
    fn write(&mut self, batch: Batch) -> Result<bool, Error> {
        let Batch { records, mut completion } = batch;
        mutant!(TellsBeforeSync, {}, (self.tell)(Report::Durable(completion)));
        let Some(frame) = self.append(&records)? else { return Ok(false) };
        completion.frame = mutant!(FrameOneTooHigh, frame, frame + 1);
        (self.tell)(Report::Durable(completion));
        self.tell_room();
        self.shared.queued.fetch_sub(records.len(), Ordering::Release);
        Ok(true)
    }

    fn tell_mark(&mut self, snapshot: SnapshotNumber) {
        let next = self.shared.log().sequence();
        let frame = mutant!(MarkOneTooHigh, next, next + 1);
        (self.tell)(Report::Marked { snapshot, frame });
        self.shared.queued.fetch_sub(1, Ordering::Release);
    }

    /// The next word with something to do, this one or one that comes; meanwhile looks for room if
    /// there was none.
    fn next(&mut self, held_back: Option<Word>) -> Result<Option<Word>, Error> {
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
                Ok(Word::Written) => {}
                Ok(word) => return Ok(Some(word)),
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

    /// Makes these records durable, however long there is no room for them: their frame. None: the
    /// server ends, and they are not.
    fn append(&mut self, records: &[Bytes]) -> Result<Option<u64>, Error> {
        loop {
            // Nobody else has the log while this thread waits for room.
            let (appended, frame) = {
                let mut log = self.shared.log();
                let frame = log.sequence();
                (log.append(records), frame)
            };
            match appended {
                Ok(()) => return Ok(Some(frame)),
                Err(Error::Full { .. }) if self.ending.load(Ordering::Relaxed) => return Ok(None),
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
