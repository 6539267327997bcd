//! Inline requests: a line of words as a person types them, cut as Redis' `sdssplitargs` does.
//!
//! Words are separated by blanks. `"…"` may hold blanks and the escapes `\n \r \t \b \a \xHH`, and
//! `\` before anything else gives that thing; `'…'` knows `\'` alone. A closing quote ends its word
//! and must be followed by a blank or the end. Unlike Redis, whose strings end at it, a zero byte
//! is a byte like any other.

use crate::ProtocolError;

/// Appends the words of a line to `text` and tells the place of each. `None`: a quote is
/// unbalanced.
///
/// The words together are never longer than the line.
pub(crate) fn unquote(
    line: &[u8],
    text: &mut Vec<u8>,
    mut word: impl FnMut(usize, usize),
) -> Result<(), ProtocolError> {
    let mut at = 0;
    loop {
        at += line[at..].iter().take_while(|byte| is_blank(**byte)).count();
        if at == line.len() {
            return Ok(());
        }
        let start = text.len();
        at = unquote_word(line, at, text).ok_or(ProtocolError::Quotes)?;
        word(start, text.len());
    }
}

/// The words of a line, as an inline request would have them; for tools that read commands as text.
pub fn split_words(line: &[u8]) -> Result<Vec<Vec<u8>>, ProtocolError> {
    let (mut text, mut spans) = (vec![], vec![]);
    unquote(line, &mut text, |start, end| spans.push(start..end))?;
    Ok(spans.into_iter().map(|span| text[span].to_vec()).collect())
}

/// What C's `isspace` takes for a blank.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Appends the word at `at` and gives the place behind it; `None` if a quote is unbalanced.
fn unquote_word(line: &[u8], mut at: usize, text: &mut Vec<u8>) -> Option<usize> {
    loop {
        match line.get(at) {
            // Inside a word Redis knows fewer blanks than between words.
            None | Some(b' ' | b'\t' | b'\n' | b'\r') => return Some(at),
            Some(&quote @ (b'"' | b'\'')) => {
                at = unquote_quoted(line, at + 1, quote, text)?;
                let ended = line.get(at).is_none_or(|byte| is_blank(*byte));
                return ended.then_some(at);
            }
            Some(byte) => {
                text.push(*byte);
                at += 1;
            }
        }
    }
}

/// Appends what stands inside quotes and gives the place behind the closing one, if there is one.
fn unquote_quoted(line: &[u8], mut at: usize, quote: u8, text: &mut Vec<u8>) -> Option<usize> {
    loop {
        let rest = &line[at..];
        let (byte, length) = match *rest {
            [] => return None,
            [byte, ..] if byte == quote => return Some(at + 1),
            [b'\\', b'\'', ..] if quote == b'\'' => (b'\'', 2),
            [b'\\', b'x', high, low, ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                (hex(high) << 4 | hex(low), 4)
            }
            [b'\\', escaped, ..] if quote == b'"' => (unescape(escaped), 2),
            [byte, ..] => (byte, 1),
        };
        text.push(byte);
        at += length;
    }
}

/// What `\` and this byte stand for.
fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        other => other,
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_redis_cuts_them() {
        let cases: &[(&str, &[&[u8]])] = &[
            ("", &[]),
            (" \t ", &[]),
            ("PING", &[b"PING"]),
            ("  set  a\tb ", &[b"set", b"a", b"b"]),
            (r#"set a "b c""#, &[b"set", b"a", b"b c"]),
            (
                r#"a "\x00\xfF\n\r\t\b\a\"\\\q\xg" b"#,
                &[b"a", b"\x00\xff\n\r\t\x08\x07\"\\qxg", b"b"],
            ),
            (r"a '\'x\n' b", &[b"a", b"'x\\n", b"b"]),
            (r#"a"b c" d"#, &[b"ab c", b"d"]),
            (r#""" ''"#, &[b"", b""]),
            ("a\u{b}b \u{b}c", &[b"a\x0bb", b"c"]),
            ("a\0b", &[b"a\0b"]),
        ];
        for (line, words) in cases {
            assert_eq!(split_words(line.as_bytes()).unwrap(), *words, "{line:?}");
        }
    }

    #[test]
    fn unbalanced_quotes_are_refused() {
        for line in [r#"""#, r#"a "b"#, "'", r"'\'", r#""a"b"#, "'a'b", r#""a\"#, r#"a "b""c""#] {
            assert_eq!(split_words(line.as_bytes()), Err(ProtocolError::Quotes), "{line:?}");
        }
    }
}
