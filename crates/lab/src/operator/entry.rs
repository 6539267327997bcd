//! A key with its value and its deadline, and how it stands in a file.
//!
//! ```text
//!   JSON Lines   {"key":"cart:7","value":"apples","expires_at_ms":1790000000000}
//!                {"key_base64":"/w==","value":"what is no UTF-8 stands in base64"}
//!   RESP         SET cart:7 apples PXAT 1790000000000, as a client would send it
//! ```

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// In which form keys stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON Lines: a key a line.
    JsonLines,
    /// SET commands, one behind the other, as `redis-cli --pipe` takes them.
    Resp,
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: Bytes,
    pub(super) value: Bytes,
    /// When it goes, in milliseconds since 1970, if it does.
    pub(super) expires_at_ms: Option<u64>,
}

/// A line of a file.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    key: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_base64: Option<String>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    value: Option<std::borrow::Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at_ms: Option<u64>,
}

impl Entry {
    /// Whether its deadline has passed.
    pub(super) fn is_over(&self, now_ms: u64) -> bool {
        self.expires_at_ms.is_some_and(|at_ms| at_ms <= now_ms)
    }

    /// The command that sets it.
    pub(super) fn command(&self) -> Vec<Bytes> {
        let mut command = vec![Bytes::from_static(b"SET"), self.key.clone(), self.value.clone()];
        if let Some(at_ms) = self.expires_at_ms {
            command.extend([Bytes::from_static(b"PXAT"), at_ms.to_string().into()]);
        }
        command
    }

    /// Writes it in this form.
    pub(super) fn write(&self, format: Format, out: &mut impl Write) -> io::Result<()> {
        match format {
            Format::JsonLines => {
                serde_json::to_writer(&mut *out, &self.line())?;
                out.write_all(b"\n")
            }
            Format::Resp => {
                let mut bytes = vec![];
                resp::command(&mut bytes, &self.command());
                out.write_all(&bytes)
            }
        }
    }

    fn line(&self) -> Line<'_> {
        let mut line = Line { expires_at_ms: self.expires_at_ms, ..Line::default() };
        match std::str::from_utf8(&self.key) {
            Ok(key) => line.key = Some(key.into()),
            Err(_) => line.key_base64 = Some(STANDARD.encode(&self.key)),
        }
        match std::str::from_utf8(&self.value) {
            Ok(value) => line.value = Some(value.into()),
            Err(_) => line.value_base64 = Some(STANDARD.encode(&self.value)),
        }
        line
    }

    /// Reads a line.
    ///
    /// # Errors
    /// At which column it is wrong, from 1 on, and in what.
    pub(super) fn of_line(line: &[u8]) -> Result<Entry, (usize, String)> {
        let parsed: Line<'_> = serde_json::from_slice(line).map_err(|error| {
            let text = error.to_string();
            let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
            (error.column().max(1), what.to_owned())
        })?;
        let part =
            |name: &str, plain: Option<std::borrow::Cow<'_, str>>, coded: Option<String>| match (
                plain, coded,
            ) {
                (Some(text), None) => Ok(Bytes::copy_from_slice(text.as_bytes())),
                (None, Some(text)) => STANDARD
                    .decode(text)
                    .map(Bytes::from)
                    .map_err(|error| (1, format!("{name}_base64 is no base64: {error}"))),
                (None, None) => Err((1, format!("there is neither {name} nor {name}_base64"))),
                (Some(_), Some(_)) => Err((1, format!("there are {name} and {name}_base64"))),
            };
        let Line { key, key_base64, value, value_base64, expires_at_ms } = parsed;
        if expires_at_ms.is_some_and(|at_ms| i64::try_from(at_ms).is_err()) {
            return Err((1, "expires_at_ms is beyond all times".into()));
        }
        let (key, value) = (part("key", key, key_base64)?, part("value", value, value_base64)?);
        Ok(Entry { key, value, expires_at_ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &'static [u8], value: &'static [u8], expires_at_ms: Option<u64>) -> Entry {
        Entry { key: Bytes::from_static(key), value: Bytes::from_static(value), expires_at_ms }
    }

    fn line(entry: &Entry) -> String {
        let mut out = vec![];
        entry.write(Format::JsonLines, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn keys_of_any_bytes_come_back_from_their_lines() {
        let plain = entry(b"cart:7", b"\"apples\"\n", Some(7));
        assert_eq!(
            line(&plain),
            "{\"key\":\"cart:7\",\"value\":\"\\\"apples\\\"\\n\",\"expires_at_ms\":7}\n"
        );
        let bytes = entry(b"\xff", b"\x00\xfe", None);
        assert_eq!(line(&bytes), "{\"key_base64\":\"/w==\",\"value_base64\":\"AP4=\"}\n");
        for entry in [plain, bytes, entry(b"", b"", None)] {
            assert_eq!(Entry::of_line(line(&entry).as_bytes()), Ok(entry));
        }
    }

    #[test]
    fn what_is_no_line_is_named() {
        for (line, column, what) in [
            ("{\"key\":\"a\"}", 1, "neither value nor value_base64"),
            ("{\"key\":\"a\",\"key_base64\":\"YQ==\",\"value\":\"\"}", 1, "key and key_base64"),
            ("{\"key\":\"a\",\"value_base64\":\"%\"}", 1, "no base64"),
            ("{\"key\":\"a\",\"value\":7}", 20, "invalid type"),
            ("{\"key\":\"a\",\"ttl\":7}", 16, "unknown field `ttl`"),
            ("{\"key\":\"a\",\"value\":\"\",\"expires_at_ms\":9223372036854775808}", 1, "beyond"),
            ("nonsense", 2, "expected ident"),
        ] {
            let (found, why) = Entry::of_line(line.as_bytes()).unwrap_err();
            assert!(why.contains(what), "{line}: {why}");
            assert!(found.abs_diff(column) <= 1, "{line}: column {found}");
        }
    }

    #[test]
    fn a_command_sets_it_with_its_deadline() {
        let mut out = vec![];
        entry(b"a", b"b", Some(9)).write(Format::Resp, &mut out).unwrap();
        assert_eq!(out, b"*5\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n$4\r\nPXAT\r\n$1\r\n9\r\n");
        assert!(entry(b"a", b"b", Some(9)).is_over(9) && !entry(b"a", b"b", Some(9)).is_over(8));
        assert!(!entry(b"a", b"b", None).is_over(u64::MAX));
    }
}
