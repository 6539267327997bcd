//! Lines on their way to standard error, on a thread of their own: whoever tells something never
//! waits.
//!
//! A line that finds the queue full, or that cannot be written (a full disk, a pipe whose other end
//! is gone), is dropped and counted. Where lines were dropped, the next one that is written says
//! how many.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::lines::gap;

/// Bytes of lines that may wait while nobody takes them.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// What a line takes besides its bytes.
const LINE_BYTES: usize = 64;
/// How long to wait where standard error takes nothing now and says so.
const PAUSE: Duration = Duration::from_millis(10);

/// Lines that wait to be written.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Something came.
    came: Condvar,
    /// All that came was written, or dropped.
    drained: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct State {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    /// The thread has taken a line that is not written yet.
    writing: bool,
}

impl Queue {
    pub(super) const fn new() -> Queue {
        let state = State { lines: VecDeque::new(), bytes: 0, writing: false };
        Queue {
            state: Mutex::new(state),
            came: Condvar::new(),
            drained: Condvar::new(),
            dropped: AtomicU64::new(0),
        }
    }

    /// Queues whole lines, or drops them.
    pub(super) fn push(&self, lines: Vec<u8>) {
        let mut state = self.lock();
        let bytes = lines.len() + LINE_BYTES;
        if state.bytes + bytes > WAITING_BYTES_MAX {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        state.bytes += bytes;
        state.lines.push_back(lines);
        self.came.notify_one();
    }

    /// How many were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until all that was queued is written, but no longer than this.
    pub(super) fn flush(&self, patience: Duration) {
        let busy = |state: &mut State| state.writing || !state.lines.is_empty();
        // Whether it was in time makes no difference to anybody.
        let _ = self.drained.wait_timeout_while(self.lock(), patience, busy);
    }

    /// Starts the thread that writes.
    pub(super) fn start(&'static self, out: impl Write + Send + 'static) -> io::Result<()> {
        thread::Builder::new().name("logging".into()).spawn(|| self.write_all(out)).map(drop)
    }

    /// Writes line after line, for ever.
    fn write_all(&self, mut out: impl Write) {
        let (mut told, mut torn) = (0, false);
        loop {
            let line = self.next();
            let dropped = self.dropped();
            let mut text = vec![];
            if torn {
                text.push(b'\n');
            }
            if dropped > told {
                text.extend_from_slice(gap(dropped - told).as_bytes());
            }
            text.extend_from_slice(&line);
            match put(&mut out, &text) {
                Ok(()) => (told, torn) = (dropped, false),
                Err(written) => {
                    torn |= written > 0;
                    self.dropped.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    fn next(&self) -> Vec<u8> {
        let mut state = self.lock();
        state.writing = false;
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.bytes -= line.len() + LINE_BYTES;
                state.writing = true;
                return line;
            }
            self.drained.notify_all();
            state = self.came.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nobody panics while holding it; and if somebody did, the lines are still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes all of this; else tells how many bytes of it were.
fn put(out: &mut impl Write, bytes: &[u8]) -> Result<(), usize> {
    let mut written = 0;
    while written < bytes.len() {
        match out.write(&bytes[written..]) {
            Ok(0) => return Err(written),
            Ok(more) => written += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // Whoever shares it made it so that it does not wait.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(_) => return Err(written),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// Takes what is written only when it is let, and as it is told to.
    struct Gate {
        let_go: Receiver<io::Result<usize>>,
        written: Sender<Vec<u8>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let length = self.let_go.recv().unwrap_or(Ok(usize::MAX))?.min(bytes.len());
            let _ = self.written.send(bytes[..length].to_vec());
            Ok(length)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn start() -> (&'static Queue, Sender<io::Result<usize>>, Receiver<Vec<u8>>) {
        let queue: &'static Queue = Box::leak(Box::new(Queue::new()));
        let ((go, let_go), (written, lines)) = (channel(), channel());
        queue.start(Gate { let_go, written }).unwrap();
        (queue, go, lines)
    }

    fn all(lines: &Receiver<Vec<u8>>) -> String {
        String::from_utf8(lines.try_iter().flatten().collect()).unwrap()
    }

    #[test]
    fn nobody_waits_for_a_reader_that_takes_nothing() {
        let (queue, go, lines) = start();
        let many = WAITING_BYTES_MAX / LINE_BYTES;
        for _ in 0..many {
            queue.push(b"a line\n".to_vec());
        }
        let dropped = queue.dropped();
        assert!(dropped > 0 && dropped < many as u64, "{dropped} of {many} are dropped");
        drop(go);
        queue.flush(LONG);
        let text = all(&lines);
        assert_eq!(text.matches("a line\n").count() as u64, many as u64 - dropped);
        assert_eq!(text.matches(&gap(dropped)).count(), 1, "the gap is told of once");
    }

    #[test]
    fn what_cannot_be_written_is_dropped_and_told_of_later() {
        let (queue, go, lines) = start();
        for result in [
            Err(io::ErrorKind::StorageFull.into()),
            Ok(3),
            Err(io::ErrorKind::BrokenPipe.into()),
            Err(io::ErrorKind::WouldBlock.into()),
            Err(io::ErrorKind::Interrupted.into()),
            Ok(usize::MAX),
        ] {
            go.send(result).unwrap();
        }
        for text in ["one\n", "two\n", "three\n"] {
            queue.push(text.into());
        }
        queue.flush(LONG);
        assert_eq!(queue.dropped(), 2);
        let first = gap(1);
        let cut = &first[..3];
        // The second was begun, with the word of the first before it, and cut.
        assert_eq!(all(&lines), format!("{cut}\n{}three\n", gap(2)));
    }

    #[test]
    fn a_flush_does_not_wait_for_ever() {
        let (queue, _go, lines) = start();
        queue.push(b"stuck\n".to_vec());
        queue.flush(Duration::from_millis(1));
        assert_eq!(all(&lines), "");
    }
}
