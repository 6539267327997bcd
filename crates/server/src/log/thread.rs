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

/// The way to the thread. When it is dropped, all that was queued is made durable first, if there
/// is room.
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
    /// Starts the thread. It calls `tell` after each sync, and when room runs out or comes back;
    /// and `failed` if a sync fails, upon which it takes nothing more.
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

    /// Makes these records durable, however long there is no room for them. False: the server ends,
    /// and they are not.
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
mod tests;
