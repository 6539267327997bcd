//! Keys from a file of SET commands.

use std::io::BufRead;

use bytes::BytesMut;
use resp::{Parser, Request};

use super::entry::Entry;
use super::error::Failure;

const HINT: &str = "\n  hint: import takes SET key value [PXAT milliseconds] alone; redis-cli --pipe sends whatever else";

/// Hands over the keys of a file, each with its place.
pub(super) fn read(
    name: &str,
    file: &mut impl BufRead,
    mut take: impl FnMut(Entry, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let (mut parser, mut buffer) = (Parser::default(), BytesMut::new());
    let (mut read_bytes, mut number, mut start) = (0_u64, 1_u64, 0_u64);
    // Whether there is more than ends of lines behind the last whole command.
    let mut has_begun = false;
    loop {
        let place = || format!("{name}: command {number}, at byte {start}");
        let next = parser.next(&mut buffer);
        let next =
            next.map_err(|error| Failure::bad_file(format!("{}: {error}{HINT}", place())))?;
        if let Some(request) = next {
            let entry = entry(request)
                .map_err(|what| Failure::bad_file(format!("{}: {what}{HINT}", place())))?;
            take(entry, &place())?;
            number += 1;
            start = read_bytes - buffer.len() as u64;
            has_begun = has_more(&buffer);
            continue;
        }
        let bytes = file.fill_buf();
        let bytes =
            bytes.map_err(|error| Failure::run_time(format!("cannot read {name}: {error}")))?;
        if bytes.is_empty() {
            let torn = || Failure::bad_file(format!("{}: the file ends in it", place()));
            return if has_begun { Err(torn()) } else { Ok(()) };
        }
        let length = bytes.len();
        has_begun |= has_more(bytes);
        buffer.extend_from_slice(bytes);
        file.consume(length);
        read_bytes += length as u64;
    }
}

/// Whether there is more than ends of lines, as editors leave them.
fn has_more(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| !b"\r\n".contains(byte))
}

/// The key that a command sets.
fn entry(request: &Request) -> Result<Entry, String> {
    let name = request.get(0).unwrap_or_default();
    let is_set = name.eq_ignore_ascii_case(b"SET");
    let option = request.get(3);
    let expires_at_ms = match (is_set, request.len(), option) {
        (true, 3, _) => None,
        (true, 5, Some(option)) if option.eq_ignore_ascii_case(b"PXAT") => {
            let text = request.get(4).unwrap_or_default();
            let at_ms = resp::parse_integer(text).and_then(|at_ms| u64::try_from(at_ms).ok());
            Some(at_ms.ok_or_else(|| format!("PXAT {} is no time", text.escape_ascii()))?)
        }
        _ => {
            let shown = &name[..name.len().min(32)];
            return Err(format!("it is no SET with a value: {}", shown.escape_ascii()));
        }
    };
    let part = |place: usize| request.get(place).unwrap_or_default().to_vec().into();
    Ok(Entry { key: part(1), value: part(2), expires_at_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operator::entry::Format;

    fn places(bytes: &[u8]) -> Result<Vec<(Entry, String)>, Failure> {
        let mut all = vec![];
        let take = |entry: Entry, place: &str| {
            all.push((entry, place.to_owned()));
            Ok(())
        };
        read("f", &mut std::io::BufReader::with_capacity(7, bytes), take)?;
        Ok(all)
    }

    fn written(entries: &[Entry]) -> Vec<u8> {
        let mut out = vec![];
        entries.iter().for_each(|entry| entry.write(Format::Resp, &mut out).unwrap());
        out
    }

    #[test]
    fn what_was_exported_is_read_and_placed() {
        let entry = |key: &'static str, expires_at_ms| Entry {
            key: key.into(),
            value: vec![0xff; 100_000].into(),
            expires_at_ms,
        };
        let entries = [entry("a", None), entry("b", Some(77))];
        let bytes = written(&entries);
        let read = places(&bytes).unwrap();
        assert_eq!(read[1].0, entries[1]);
        let first = written(&entries[..1]).len();
        assert_eq!(read[1].1, format!("f: command 2, at byte {first}"));
        let torn = places(&bytes[..bytes.len() - 1]).unwrap_err();
        assert!(torn.what.contains("command 2, at byte") && torn.what.contains("ends in it"));
    }

    #[test]
    fn other_commands_are_refused_by_their_place() {
        for (text, what) in [
            ("SET a b\r\nDEL a\r\n", "command 2, at byte 9: it is no SET with a value: DEL"),
            ("SET a b NX\r\n", "no SET with a value"),
            ("SET a b PXAT x\r\n", "PXAT x is no time"),
            ("*1\r\n$x\r\n", "command 1, at byte 0: "),
        ] {
            let failure = places(text.as_bytes()).unwrap_err();
            assert_eq!(failure.exit_code, 78);
            assert!(failure.what.contains(what), "{failure}");
        }
        assert_eq!(places(b"SET a b\r\n\r\n").unwrap().len(), 1);
    }
}
