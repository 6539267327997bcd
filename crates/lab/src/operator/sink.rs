//! Keys on their way into a server.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use resp::Value;

use super::entry::Entry;
use super::error::Failure;
use super::link::Link;

/// So many keys, or bytes of them and their values, go out together.
const BATCH_KEYS: usize = 256;
const BATCH_BYTES: usize = 1 << 20;

/// Writes keys into a server.
#[derive(Debug)]
pub(super) struct Sink {
    link: Link,
    /// Keys that were said and not answered, each with the place that it comes from.
    unanswered: Vec<(Bytes, String)>,
    unanswered_bytes: usize,
    /// Keys that were written.
    pub(super) written: u64,
    /// Keys that were left out, because their deadline has passed.
    pub(super) expired: u64,
}

impl Sink {
    pub(super) fn new(link: Link) -> Sink {
        Sink { link, unanswered: vec![], unanswered_bytes: 0, written: 0, expired: 0 }
    }

    /// Writes a key that comes from this place of a file, if from any.
    pub(super) fn put(&mut self, entry: &Entry, place: &str) -> Result<(), Failure> {
        if entry.is_over(now_ms()) {
            self.expired += 1;
            return Ok(());
        }
        self.link.say(&entry.command());
        self.unanswered.push((entry.key.clone(), place.to_owned()));
        self.unanswered_bytes += entry.key.len() + entry.value.len();
        match self.unanswered.len() >= BATCH_KEYS || self.unanswered_bytes >= BATCH_BYTES {
            true => self.flush(),
            false => Ok(()),
        }
    }

    /// Waits until all is written that was put. Of several keys that are refused the first is
    /// named.
    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        self.unanswered_bytes = 0;
        self.link.flush()?;
        let mut refused = None;
        for (key, place) in std::mem::take(&mut self.unanswered) {
            match self.link.hear()? {
                Value::Simple(_) => self.written += 1,
                reply if refused.is_none() => refused = Some((key, place, reply)),
                _ => {}
            }
        }
        let Some((key, place, reply)) = refused else { return Ok(()) };
        let place = if place.is_empty() { place } else { format!(" ({place})") };
        Err(self.link.unexpected(&format!("SET {}{place}", key.escape_ascii()), &reply))
    }
}

/// What this machine's clock says, in milliseconds since 1970.
fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
