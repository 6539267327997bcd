//! Keys from a file of JSON Lines.

use std::io::{BufRead, Read};

use super::entry::Entry;
use super::error::Failure;

/// The longest line: a key and a value of 16 MiB each, every byte of them escaped.
const LINE_BYTES_MAX: u64 = 256 << 20;
const HINT: &str = "\n  hint: a line is {\"key\":\"…\",\"value\":\"…\"}, with key_base64 and value_base64 where bytes are no UTF-8, \
                    and \"expires_at_ms\" where the key has a deadline";

/// Hands over the keys of a file, each with its place. Empty lines are passed over.
pub(super) fn read(
    name: &str,
    file: &mut impl BufRead,
    mut take: impl FnMut(Entry, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut line = vec![];
    for number in 1_u64.. {
        line.clear();
        let read = file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let read =
            read.map_err(|error| Failure::run_time(format!("cannot read {name}: {error}")))?;
        if read == 0 {
            break;
        }
        let place = format!("{name}:{number}");
        if read as u64 == LINE_BYTES_MAX {
            let most = LINE_BYTES_MAX >> 20;
            return Err(Failure::bad_file(format!(
                "{place}: a line of more than {most} MiB{HINT}"
            )));
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let entry = Entry::of_line(&line).map_err(|(column, what)| {
            Failure::bad_file(format!("{place}:{column}: {what}{HINT}"))
        })?;
        take(entry, &place)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Result<Vec<(String, String)>, Failure> {
        let mut keys = vec![];
        let take = |entry: Entry, place: &str| {
            keys.push((String::from_utf8_lossy(&entry.key).into_owned(), place.to_owned()));
            Ok(())
        };
        read("f", &mut text.as_bytes(), take)?;
        Ok(keys)
    }

    #[test]
    fn lines_have_their_places() {
        let text = "{\"key\":\"a\",\"value\":\"\"}\n\n{\"key\":\"b\",\"value\":\"\"}";
        let place = |key: &str, place: &str| (key.to_owned(), place.to_owned());
        assert_eq!(keys(text), Ok(vec![place("a", "f:1"), place("b", "f:3")]));
        let failure = keys("{\"key\":\"a\",\"value\":\"\"}\n{\"key\":1}\n").unwrap_err();
        assert_eq!(failure.exit_code, 78);
        assert!(failure.what.starts_with("f:2:8: invalid type"), "{failure}");
        assert!(failure.what.contains("\n  hint: "), "{failure}");
    }
}
