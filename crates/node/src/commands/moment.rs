//! Moments at which keys go, as commands say them: so long from now on, or by the calendar.
//!
//! What is so long from now on is counted from the time of the entry that carries the command, so
//! that it is the same moment on every replica.

use super::integer::integer;
use super::unreadable::Unreadable;
use crate::reply::Error;

/// How a command counts the time that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// How many milliseconds one of what it counts has.
    ms: i64,
    /// Whether it counts from now on, or from the beginning of 1970.
    from_now: bool,
}

impl Count {
    pub(super) const SECONDS: Count = Count { ms: 1000, from_now: true };
    pub(super) const MILLISECONDS: Count = Count { ms: 1, from_now: true };
    pub(super) const UNIX_SECONDS: Count = Count { ms: 1000, from_now: false };
    pub(super) const UNIX_MILLISECONDS: Count = Count { ms: 1, from_now: false };

    /// The count that an option of SET or GETEX says.
    pub(super) fn of_option(name: &str) -> Option<Count> {
        Some(match name {
            "EX" => Count::SECONDS,
            "PX" => Count::MILLISECONDS,
            "EXAT" => Count::UNIX_SECONDS,
            "PXAT" => Count::UNIX_MILLISECONDS,
            _ => return None,
        })
    }

    /// The option that says the same in milliseconds.
    pub(super) fn option_in_ms(self) -> &'static str {
        if self.from_now { "PX" } else { "PXAT" }
    }

    /// So many milliseconds. `command`: who says it, for the error.
    pub(super) fn in_ms(self, text: &[u8], command: &str) -> Result<i64, Error> {
        let number = super::integer::integer_argument(text)?;
        number.checked_mul(self.ms).ok_or_else(|| Error::Invalid(invalid(command)))
    }

    /// The same, of a command that gives a key a life: that is longer than nothing.
    pub(super) fn life_in_ms(self, text: &[u8], command: &str) -> Result<i64, Error> {
        let ms = self.in_ms(text, command)?;
        if ms > 0 { Ok(ms) } else { Err(Error::Invalid(invalid(command))) }
    }

    /// The moment that a number says in a log, where its parser has let it pass; `None`: it is
    /// beyond all numbers.
    pub(super) fn moment(self, text: &[u8], now_ms: u64) -> Option<i64> {
        let begin_ms = if self.from_now { now_ms as i64 } else { 0 };
        integer(text)?.checked_mul(self.ms)?.checked_add(begin_ms)
    }

    /// Whether a number in a log is one that [`Count::in_ms`] lets pass.
    pub(super) fn check(self, text: &[u8]) -> Result<(), Unreadable> {
        Unreadable::unless(
            integer(text).is_some_and(|number| number.checked_mul(self.ms).is_some()),
        )
    }
}

/// What Redis says of a time at which no key can go.
pub(super) fn invalid(command: &str) -> String {
    format!("invalid expire time in '{command}' command")
}

/// A moment as a deadline; `None`: it has come already.
pub(super) fn deadline_ms(moment_ms: i64, now_ms: u64) -> Option<u64> {
    u64::try_from(moment_ms).ok().filter(|moment_ms| *moment_ms > now_ms)
}
