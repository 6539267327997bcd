//! How often the same thing is told: what an outsider can bring about must not fill a disk.
//!
//! ```text
//!   warn_some!("turned away {address}: {why}");     20 lines in 10 s, then:
//!   … and 734 more like it in the last 10 s: turned away 127.0.0.1:40022: it is not a Candor node
//! ```

use std::fmt::Arguments;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::{info, warn};

/// Lines of one kind that are written in each [`WINDOW`].
const LINES_MAX: u32 = 20;
/// How long a kind of line is counted before the count begins anew.
const WINDOW: Duration = Duration::from_secs(10);

/// Lines that were left out, of all kinds.
static SUPPRESSED: AtomicU64 = AtomicU64::new(0);
/// The kinds of which something is left out and not told of yet.
static SILENCED: Mutex<Vec<&Limit>> = Mutex::new(vec![]);

/// Tells something as a warning, as often as one kind of line may be told: for all that clients,
/// peers or strangers can bring about. Each place in the program where this stands is a kind of its
/// own.
macro_rules! warn_some {
    ($($text:tt)+) => {{
        static LIMIT: $crate::logging::Limit = $crate::logging::Limit::new(true);
        LIMIT.say(format_args!($($text)+));
    }};
}

/// As [`warn_some`], for what is no reason to worry.
macro_rules! info_some {
    ($($text:tt)+) => {{
        static LIMIT: $crate::logging::Limit = $crate::logging::Limit::new(false);
        LIMIT.say(format_args!($($text)+));
    }};
}

pub(crate) use {info_some, warn_some};

/// One kind of line, and how often it was told.
#[derive(Debug)]
pub(crate) struct Limit {
    is_warning: bool,
    window: Mutex<Window>,
}

/// Invariant: `left_out` is not 0 only if `told` is [`LINES_MAX`].
#[derive(Debug, Default)]
struct Window {
    since: Option<Instant>,
    told: u32,
    left_out: u64,
    /// The last that was told.
    example: String,
}

/// What is to be done about a line.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Tell,
    LeaveOut,
    /// It is the first that is left out in this window.
    FirstLeftOut,
}

impl Limit {
    pub(crate) const fn new(is_warning: bool) -> Limit {
        let window = Window { since: None, told: 0, left_out: 0, example: String::new() };
        Limit { is_warning, window: Mutex::new(window) }
    }

    /// Tells it, or leaves it out.
    pub(crate) fn say(&'static self, text: Arguments<'_>) {
        let (missed, verdict) = self.with(|window| window.take(text, Instant::now()));
        if let Some(missed) = missed {
            self.write(format_args!("{missed}"));
        }
        if verdict == Verdict::Tell {
            return self.write(text);
        }
        SUPPRESSED.fetch_add(1, Ordering::Relaxed);
        if verdict == Verdict::FirstLeftOut {
            self.note_silenced();
        }
    }

    fn note_silenced(&'static self) {
        let mut silenced = SILENCED.lock().unwrap_or_else(PoisonError::into_inner);
        if !silenced.iter().any(|other| std::ptr::eq(*other, self)) {
            silenced.push(self);
        }
    }

    fn write(&self, text: Arguments<'_>) {
        if self.is_warning { warn!("{text}") } else { info!("{text}") }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Window) -> T) -> T {
        act(&mut self.window.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Window {
    /// What is to be said of an earlier window, and then of this line.
    fn take(&mut self, text: Arguments<'_>, now: Instant) -> (Option<String>, Verdict) {
        let missed = self.sum_up(now, false);
        let since = *self.since.get_or_insert(now);
        if now.duration_since(since) >= WINDOW {
            (self.since, self.told) = (Some(now), 0);
        }
        if self.told < LINES_MAX {
            self.told += 1;
            self.example = text.to_string();
            return (missed, Verdict::Tell);
        }
        self.left_out += 1;
        (missed, if self.left_out == 1 { Verdict::FirstLeftOut } else { Verdict::LeaveOut })
    }

    /// Once the window is over, or at the end: how much was left out in it, if anything was.
    fn sum_up(&mut self, now: Instant, at_end: bool) -> Option<String> {
        let lasted = now.duration_since(self.since?);
        if self.left_out == 0 || (lasted < WINDOW && !at_end) {
            return None;
        }
        let left_out = std::mem::take(&mut self.left_out);
        (self.since, self.told) = (Some(now), 0);
        let (seconds, example) = (lasted.as_secs().max(1), &self.example);
        Some(format!("… and {left_out} more like it in the last {seconds} s: {example}"))
    }
}

/// How many lines were left out, of all kinds.
pub(crate) fn suppressed() -> u64 {
    SUPPRESSED.load(Ordering::Relaxed)
}

/// Says of each kind whose window is over, and at the end of all, how many lines were left out. To
/// be called now and then.
pub(crate) fn sum_up(at_end: bool) {
    let now = Instant::now();
    let silenced = std::mem::take(&mut *SILENCED.lock().unwrap_or_else(PoisonError::into_inner));
    for limit in silenced {
        let (missed, goes_on) =
            limit.with(|window| (window.sum_up(now, at_end), window.left_out > 0));
        if let Some(missed) = missed {
            limit.write(format_args!("{missed}"));
        }
        if goes_on {
            limit.note_silenced();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_often_is_counted() {
        let mut window = Window::default();
        let start = Instant::now();
        let mut take = |number: u64, now| window.take(format_args!("line {number}"), now);
        for number in 1..=20 {
            assert_eq!(take(number, start), (None, Verdict::Tell));
        }
        assert_eq!(take(21, start), (None, Verdict::FirstLeftOut));
        for number in 22..=754 {
            assert_eq!(take(number, start + WINDOW / 2), (None, Verdict::LeaveOut));
        }
        let missed = "… and 734 more like it in the last 10 s: line 20".to_owned();
        assert_eq!(take(755, start + WINDOW), (Some(missed), Verdict::Tell));
        assert_eq!(take(756, start + 2 * WINDOW), (None, Verdict::Tell), "nothing was left out");
    }

    #[test]
    fn what_was_left_out_is_told_also_when_nothing_more_comes() {
        let mut window = Window::default();
        let start = Instant::now();
        for _ in 0..21 {
            window.take(format_args!("stranger"), start);
        }
        assert_eq!(window.sum_up(start + WINDOW / 2, false), None, "the window is not over");
        let missed = "… and 1 more like it in the last 10 s: stranger".to_owned();
        assert_eq!(window.sum_up(start + WINDOW, false), Some(missed));
        assert_eq!(window.sum_up(start + 3 * WINDOW, true), None);
        for _ in 0..21 {
            window.take(format_args!("stranger"), start + WINDOW);
        }
        let missed = "… and 1 more like it in the last 2 s: stranger".to_owned();
        assert_eq!(window.sum_up(start + WINDOW + WINDOW / 5, true), Some(missed), "at the end");
    }
}
