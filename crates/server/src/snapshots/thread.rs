//! The threads of the snapshots: one writes them, one reads parts of them for other members.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use bytes::Bytes;
use node::SnapshotNumber;
use tracing::warn;

use super::pace::Pace;
use super::pinned::{Pinned, PinnedRead};
use super::reads::{Read, Reads};
use super::writer::Unfinished;
use super::{Error, Folder};
use crate::log::Counters;
use crate::mutants::mutant;

/// What is told to the thread that writes, of one snapshot.
#[derive(Debug)]
struct Word {
    number: SnapshotNumber,
    what: What,
}

#[derive(Debug)]
enum What {
    /// It is begun.
    Begin,
    /// These bytes come next.
    Write(Bytes),
    /// It holds all frames before this one.
    Holds(u64),
    /// It is complete.
    End,
    /// Nobody wants it any more.
    GiveUp,
}

/// What the threads tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// So much of a snapshot was taken.
    Written {
        /// The snapshot.
        number: SnapshotNumber,
        /// All that was taken so far, in bytes.
        bytes: u64,
    },
    /// A snapshot is in place, and nothing but this one and the one before it is kept.
    Placed {
        /// The snapshot.
        number: SnapshotNumber,
        /// Its bytes.
        bytes: u64,
        /// The log before this frame is not needed any more; `None`: all of it is.
        cut: Option<u64>,
    },
    /// A snapshot could not be written, and is gone.
    Failed {
        /// The snapshot.
        number: SnapshotNumber,
        /// What happened, and what would help.
        why: String,
    },
    /// A part of a snapshot was read, or there is no such snapshot.
    Read {
        /// What the question was called.
        request: u64,
        /// The part.
        bytes: Option<Bytes>,
    },
    /// The same, of a file that is read for a backup.
    Pinned {
        /// Who reads it.
        holder: u64,
        /// What the question was called.
        request: u64,
        /// The part.
        bytes: Option<Bytes>,
    },
}

/// What is told to the thread that reads.
#[derive(Debug)]
enum Question {
    /// A part is wanted for another member.
    Read(Read),
    /// A part is wanted for a backup.
    Pinned(PinnedRead),
    /// Somebody needs the file of its backup no more.
    Release(u64),
}

/// A snapshot that is in place, and was found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The snapshot.
    pub number: SnapshotNumber,
    /// The first frame of the log that it does not hold.
    pub first: u64,
}

/// The way to the threads. When it is dropped, what is not in place is given up.
#[derive(Debug)]
pub(crate) struct Handle {
    /// There until the end.
    writes: Option<Sender<Word>>,
    /// There until the end.
    reads: Option<Sender<Question>>,
    threads: Vec<JoinHandle<()>>,
    ending: Arc<AtomicBool>,
    /// Whether somebody waits for the snapshot that is being written.
    hurry: Arc<AtomicBool>,
}

impl Handle {
    /// Starts the threads. `newest` is the snapshot that the start began with; `log`: what is known
    /// of the log, beside which they write.
    pub(crate) fn spawn(
        folder: Folder,
        newest: Option<Kept>,
        log: Arc<Counters>,
        tell: impl FnMut(Report) + Clone + Send + 'static,
    ) -> std::io::Result<Handle> {
        let (writes, words) = mpsc::channel();
        let (reads, questions) = mpsc::channel();
        let ending = Arc::new(AtomicBool::new(false));
        let kept = newest.into_iter().collect();
        let mut reader = Reads::new(folder.clone());
        let mut pinned = Pinned::new(folder.clone());
        let mut tell_read = tell.clone();
        let hurry = Arc::new(AtomicBool::new(false));
        let pace = Pace::new(log, hurry.clone());
        let worker = Worker { folder, kept, current: None, pace, tell, ending: ending.clone() };
        let answer = move || {
            while let Some(question) = next(&questions, &mut pinned) {
                match question {
                    Question::Read(read) => {
                        let bytes = reader.read(&read);
                        tell_read(Report::Read { request: read.request, bytes });
                    }
                    Question::Pinned(read) => {
                        let bytes = pinned.read(&read, Instant::now());
                        let PinnedRead { holder, request, .. } = read;
                        tell_read(Report::Pinned { holder, request, bytes });
                    }
                    Question::Release(holder) => pinned.release(holder),
                }
            }
        };
        let spawn = |name: &str| thread::Builder::new().name(name.into());
        let threads = vec![
            spawn("snapshots").spawn(move || worker.run(&words))?,
            spawn("snapshot-reads").spawn(answer)?,
        ];
        Ok(Handle { writes: Some(writes), reads: Some(reads), threads, ending, hurry })
    }

    /// Begins a snapshot. One that is not in place yet is given up.
    pub(crate) fn begin(&self, number: SnapshotNumber) {
        self.hurry.store(false, Ordering::Relaxed);
        self.say(number, What::Begin);
    }

    /// Adds these bytes to it. `hurry`: the node cannot wait long for the rest.
    pub(crate) fn write(&self, number: SnapshotNumber, bytes: Bytes, hurry: bool) {
        if hurry {
            self.hurry();
        }
        self.say(number, What::Write(bytes));
    }

    /// The snapshot that is being written is waited for: also what is queued of it goes as fast as
    /// the disk does.
    pub(crate) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
    }

    /// It holds all frames of the log before this one, and they are durable.
    pub(crate) fn holds(&self, number: SnapshotNumber, before: u64) {
        self.say(number, What::Holds(before));
    }

    /// It is complete: it is put in place once it is also known what it holds.
    pub(crate) fn end(&self, number: SnapshotNumber) {
        self.say(number, What::End);
    }

    /// It is given up, unless it is in place.
    pub(crate) fn give_up(&self, number: SnapshotNumber) {
        self.say(number, What::GiveUp);
    }

    /// Has [`Report::Read`] told with this part of a snapshot.
    pub(crate) fn read(&self, request: u64, number: SnapshotNumber, offset: u64, bytes: usize) {
        self.question(Question::Read(Read { request, number, offset, bytes }));
    }

    /// Has [`Report::Pinned`] told with this part of a snapshot's file, which is kept until it is
    /// released or nothing of it was read for a while.
    pub(crate) fn read_pinned(&self, read: PinnedRead) {
        self.question(Question::Pinned(read));
    }

    /// Who reads a file needs it no more.
    pub(crate) fn release(&self, holder: u64) {
        self.question(Question::Release(holder));
    }

    fn question(&self, question: Question) {
        let _ = self.reads.as_ref().map(|reads| reads.send(question));
    }

    fn say(&self, number: SnapshotNumber, what: What) {
        // The thread ends only after this does.
        let _ = self.writes.as_ref().map(|writes| writes.send(Word { number, what }));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        drop((self.writes.take(), self.reads.take()));
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// The next question; `None`: there will be none. Meanwhile what nobody reads is let go.
fn next(questions: &Receiver<Question>, pinned: &mut Pinned) -> Option<Question> {
    loop {
        let Some(idle_in) = pinned.release_idle(Instant::now()) else {
            return questions.recv().ok();
        };
        match questions.recv_timeout(idle_in) {
            Ok(question) => return Some(question),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// The snapshot that is being written.
#[derive(Debug)]
struct Current {
    unfinished: Unfinished,
    /// The first frame that it does not hold, once that is known.
    first: Option<u64>,
    /// Whether it is complete.
    ended: bool,
}

/// What runs on the thread that writes.
struct Worker<F> {
    folder: Folder,
    /// Those that are in place and good, in order; two at most.
    kept: Vec<Kept>,
    current: Option<Current>,
    pace: Pace,
    tell: F,
    ending: Arc<AtomicBool>,
}

impl<F: FnMut(Report)> Worker<F> {
    /// Does what it is told, until the other end is gone.
    fn run(mut self, words: &Receiver<Word>) {
        for Word { number, what } in words {
            if self.ending.load(Ordering::Relaxed) {
                break;
            }
            if let Err(error) = self.take(number, what) {
                self.give_up();
                (self.tell)(Report::Failed { number, why: why(error) });
            }
        }
        self.give_up();
    }

    /// Does one thing. What is said of a snapshot that was given up is passed over.
    fn take(&mut self, number: SnapshotNumber, what: What) -> Result<(), Error> {
        if matches!(what, What::Begin) {
            self.give_up();
            let unfinished = Unfinished::begin(&self.folder, number)?;
            self.current = Some(Current { unfinished, first: None, ended: false });
            return Ok(());
        }
        let current = self.current.as_mut();
        let Some(current) = current.filter(|current| current.unfinished.number() == number) else {
            return Ok(());
        };
        match what {
            What::Write(bytes) => {
                current.unfinished.write(&bytes, &mut self.pace)?;
                let bytes = current.unfinished.bytes();
                (self.tell)(Report::Written { number, bytes });
            }
            What::Holds(first) => current.first = Some(first),
            What::End => current.ended = true,
            What::Begin | What::GiveUp => self.give_up(),
        }
        self.maybe_finish()
    }

    fn maybe_finish(&mut self) -> Result<(), Error> {
        let Some(Current { unfinished, first: Some(first), ended: true }) = &mut self.current
        else {
            return Ok(());
        };
        let (number, bytes, first) = (unfinished.number(), unfinished.bytes(), *first);
        unfinished.finish(first, &self.ending, &mut self.pace)?;
        self.current = None;
        self.on_placed(Kept { number, first }, bytes);
        Ok(())
    }

    /// A new one is in place: only then older ones go, and the log before them may.
    fn on_placed(&mut self, new: Kept, bytes: u64) {
        self.kept.push(new);
        if self.kept.len() > 2 {
            self.kept.remove(0);
        }
        let numbers: Vec<_> = self.kept.iter().map(|kept| kept.number).collect();
        if let Err(error) = self.folder.keep_only(&numbers) {
            warn!("{error}; older snapshots take room until the next one is in place");
        }
        let cut = match self.kept[..] {
            [older, _] => Some(mutant!(CutPastOlder, older, new).first),
            _ => mutant!(CutWithOne, None, Some(new.first)),
        };
        (self.tell)(Report::Placed { number: new.number, bytes, cut });
    }

    fn give_up(&mut self) {
        if let Some(current) = self.current.take() {
            current.unfinished.give_up();
        }
    }
}

/// Why there is no snapshot, and what would help.
fn why(error: Error) -> String {
    let Error::Disk(error) = error else { return error.to_string() };
    let error = error.or_full();
    match (error.shortage(), &error) {
        (Some(shortage), _) => format!("{}\n  hint: {}", shortage.why, shortage.way_out),
        (None, error) => error.to_string(),
    }
}
