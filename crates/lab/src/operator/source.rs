//! The keys of a server, with their values and deadlines, batch by batch.

use std::collections::BTreeMap;

use bytes::Bytes;
use resp::Value;

use super::entry::Entry;
use super::error::Failure;
use super::link::{Link, own};
use super::pattern::fits;

/// How many keys a SCAN looks at, and how many are asked for together.
const BATCH_KEYS: usize = 256;
/// How many bytes of keys are asked for together, but for a single longer one.
const BATCH_BYTES: usize = 64 << 10;

/// Where keys are read from.
pub(super) struct Source<'a> {
    link: &'a mut Link,
    deadlines: Deadlines,
    /// Keys that are no strings: of each type how many, and one of them.
    pub(super) others: BTreeMap<String, (u64, Bytes)>,
}

/// How a server tells when a key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deadlines {
    /// By PEXPIRETIME.
    Absolute,
    /// By PTTL, before Redis 7: counted from the server's clock.
    Relative,
}

impl Source<'_> {
    /// The keys at the other end.
    pub(super) fn of(link: &mut Link) -> Result<Source<'_>, Failure> {
        let reply = link.ask(&["PEXPIRETIME", ""])?;
        let deadlines = match &reply {
            Value::Integer(_) => Deadlines::Absolute,
            Value::Error(text) if text.to_ascii_lowercase().starts_with(b"err unknown command") => {
                Deadlines::Relative
            }
            reply => return Err(link.unexpected("PEXPIRETIME", reply)),
        };
        Ok(Source { link, deadlines, others: BTreeMap::new() })
    }

    /// Hands over all keys that this scan sees and that fit the pattern. A key that comes, goes or
    /// changes meanwhile is seen as it was at some moment, or not at all.
    pub(super) fn each(
        &mut self,
        scan: &[u8],
        pattern: &[u8],
        take: &mut dyn FnMut(Entry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut cursor = Bytes::from_static(b"0");
        let count = BATCH_KEYS.to_string();
        loop {
            let question: [&[u8]; 6] =
                [b"SCAN", &cursor, b"MATCH", scan, b"COUNT", count.as_bytes()];
            let reply = self.link.ask(&question)?;
            let Some((next, keys)) = scanned(&reply) else {
                return Err(self.link.unexpected("SCAN", &reply));
            };
            let keys: Vec<Bytes> = keys.into_iter().filter(|key| fits(pattern, key)).collect();
            for batch in batches(&keys) {
                self.read(batch, take)?;
            }
            if &next[..] == b"0" {
                return Ok(());
            }
            cursor = next;
        }
    }

    /// Hands over these keys.
    fn read(
        &mut self,
        keys: &[Bytes],
        take: &mut dyn FnMut(Entry) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let now_ms = match self.deadlines {
            Deadlines::Absolute => 0,
            Deadlines::Relative => self.time_ms()?,
        };
        let deadline: &[u8] = match self.deadlines {
            Deadlines::Absolute => b"PEXPIRETIME",
            Deadlines::Relative => b"PTTL",
        };
        for key in keys {
            self.link.say(&[b"TYPE", &key[..]]);
            self.link.say(&[b"GET", &key[..]]);
            self.link.say(&[deadline, &key[..]]);
        }
        self.link.flush()?;
        for key in keys {
            let (kind, value) = (self.link.hear()?, self.link.hear()?);
            let deadline = self.link.hear()?;
            match kind.as_bytes() {
                Some(b"string") => {}
                Some(b"none") => continue,
                Some(other) => {
                    self.note_other(other, key);
                    continue;
                }
                None => return Err(self.refused("TYPE", key, &kind)),
            }
            let value = match (own(&value), &value) {
                (Some(value), _) => value,
                // It went, or became something else, since its type was asked for.
                (None, Value::Nil) => continue,
                (None, reply) => return Err(self.refused("GET", key, reply)),
            };
            let expires_at_ms = match deadline {
                Value::Integer(-1) => None,
                Value::Integer(-2) => continue,
                Value::Integer(ms) => Some(now_ms.saturating_add_signed(ms)),
                reply => return Err(self.refused("its deadline", key, &reply)),
            };
            take(Entry { key: key.clone(), value, expires_at_ms })?;
        }
        Ok(())
    }

    fn note_other(&mut self, kind: &[u8], key: &Bytes) {
        let kind = kind.escape_ascii().to_string();
        self.others.entry(kind).or_insert_with(|| (0, key.clone())).0 += 1;
    }

    fn refused(&self, what: &str, key: &[u8], reply: &Value) -> Failure {
        self.link.unexpected(&format!("{what} of {}", key.escape_ascii()), reply)
    }

    /// What the server's clock says, in milliseconds since 1970.
    fn time_ms(&mut self) -> Result<u64, Failure> {
        let reply = self.link.ask(&["TIME"])?;
        let number = |value: &Value| resp::parse_integer(value.as_bytes()?)?.try_into().ok();
        let parts: Option<Vec<u64>> = match &reply {
            Value::Array(parts) => parts.iter().map(number).collect(),
            _ => None,
        };
        match parts.as_deref() {
            Some([seconds, micros]) => Ok(seconds * 1000 + micros / 1000),
            _ => Err(self.link.unexpected("TIME", &reply)),
        }
    }
}

/// The next cursor and the keys of an answer to SCAN.
fn scanned(reply: &Value) -> Option<(Bytes, Vec<Bytes>)> {
    let Value::Array(parts) = reply else { return None };
    let [cursor, Value::Array(keys)] = &parts[..] else { return None };
    Some((own(cursor)?, keys.iter().map(own).collect::<Option<_>>()?))
}

/// Keys that are asked for together.
fn batches(keys: &[Bytes]) -> impl Iterator<Item = &[Bytes]> {
    let mut rest = keys;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = |key: &&Bytes| {
            bytes += key.len();
            bytes <= BATCH_BYTES
        };
        let count = rest.iter().take(BATCH_KEYS).take_while(fits).count().max(1);
        let (batch, behind) = rest.split_at_checked(count)?;
        rest = behind;
        Some(batch)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bytes_of_keys_are_asked_for_together() {
        let keys = |lengths: &[usize]| -> Vec<Bytes> {
            lengths.iter().map(|length| vec![b'k'; *length].into()).collect()
        };
        let cut =
            |lengths: &[usize]| batches(&keys(lengths)).map(<[Bytes]>::len).collect::<Vec<_>>();
        assert_eq!(cut(&[]), Vec::<usize>::new());
        assert_eq!(cut(&[1; BATCH_KEYS + 1]), [BATCH_KEYS, 1]);
        assert_eq!(cut(&[BATCH_BYTES, 1, 2 * BATCH_BYTES, 1]), [1, 1, 1, 1]);
        assert_eq!(cut(&[BATCH_BYTES / 2, BATCH_BYTES / 2, 1]), [2, 1]);
    }

    #[test]
    fn an_answer_to_scan_is_taken_apart() {
        let word = |text: &'static str| Value::Bulk(text.into());
        let reply = Value::Array(vec![word("7"), Value::Array(vec![word("a"), word("b")])]);
        assert_eq!(scanned(&reply), Some(("7".into(), vec!["a".into(), "b".into()])));
        assert_eq!(scanned(&Value::Nil), None);
    }
}
