//! Strict JSON (RFC 8259), read from left to right without a tree: strings are decoded, numbers are
//! left as they stand.

use std::borrow::Cow;

use node::VALUE_BYTES_MAX;

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub(super) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

/// What is wrong with a text, and after how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub(super) what: &'static str,
    pub(super) at: usize,
}

impl<'t> Reader<'t> {
    /// The beginning of a text.
    pub(super) fn new(text: &'t str) -> Reader<'t> {
        Reader { text, at: 0 }
    }

    fn rest(&self) -> &'t [u8] {
        &self.text.as_bytes()[self.at..]
    }

    /// Something is wrong here.
    pub(super) fn error(&self, what: &'static str) -> SyntaxError {
        SyntaxError { what, at: self.at }
    }

    /// The next byte that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        let space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(|byte| space(byte)).count();
        self.rest().first().copied()
    }

    /// Passes over this byte, if it comes next.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Passes over this byte, which must come next.
    pub(super) fn need(&mut self, byte: u8, what: &'static str) -> Result<(), SyntaxError> {
        if self.take(byte) { Ok(()) } else { Err(self.error(what)) }
    }

    /// Passes over this word, if it comes next.
    pub(super) fn take_word(&mut self, word: &str) -> bool {
        self.peek();
        let is_next = self.rest().starts_with(word.as_bytes());
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("the text goes on after its end")),
        }
    }

    /// Goes on to the next element of a list or an object that ends with this; false at its end.
    /// `is_first`: none was read yet.
    pub(super) fn has_element(&mut self, end: u8, is_first: bool) -> Result<bool, SyntaxError> {
        if self.take(end) {
            return Ok(false);
        }
        if !is_first {
            self.need(b',', "a comma is missing")?;
        }
        Ok(true)
    }

    /// The name of a field, and the colon after it.
    pub(super) fn name(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("the name of a field was expected"));
        }
        let name = self.string()?;
        self.need(b':', "a colon is missing")?;
        Ok(name)
    }

    /// A string.
    pub(super) fn string(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        self.need(b'"', "a string was expected")?;
        let plain = self.plain()?;
        if self.rest()[0] == b'"' {
            self.at += 1;
            return Ok(Cow::Borrowed(plain));
        }
        let mut string = plain.to_owned();
        while self.rest()[0] != b'"' {
            self.at += 1;
            string.push(self.escape()?);
            if self.rest().first() != Some(&b'\\') {
                string.push_str(self.plain()?);
            }
            // What has no escapes is no copy, and may be as long as the text.
            if string.len() > VALUE_BYTES_MAX {
                return Err(self.error("a string has at most 16 MiB"));
            }
        }
        self.at += 1;
        Ok(Cow::Owned(string))
    }

    /// The text up to the next quote or backslash, one of which stands behind it.
    fn plain(&mut self) -> Result<&'t str, SyntaxError> {
        let Some(length) = memchr::memchr2(b'"', b'\\', self.rest()) else {
            return Err(self.error("a string is never closed"));
        };
        let plain = &self.text[self.at..self.at + length];
        // The least of all bytes, rather than the first that is wrong, is found many bytes at a
        // time.
        if plain.bytes().fold(u8::MAX, u8::min) < b' ' {
            self.at += plain.bytes().take_while(|byte| *byte >= b' ').count();
            return Err(self.error("a control character in a string"));
        }
        self.at += length;
        Ok(plain)
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, SyntaxError> {
        let Some(byte) = self.rest().first() else {
            return Err(self.error("a string is never closed"));
        };
        let escaped = match byte {
            b'"' | b'\\' | b'/' => char::from(*byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.escaped_unit(),
            _ => return Err(self.error("JSON has no such escape")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// `uXXXX`, or two of them that make one character.
    fn escaped_unit(&mut self) -> Result<char, SyntaxError> {
        let lone = self.error("half a surrogate pair is no text");
        let first = self.hexadecimal()?;
        let mut code = u32::from(first);
        if (0xd800..0xdc00).contains(&first) {
            if !self.rest().starts_with(b"\\u") {
                return Err(lone);
            }
            self.at += 1;
            let second = self.hexadecimal()?;
            if !(0xdc00..0xe000).contains(&second) {
                return Err(lone);
            }
            code = 0x1_0000 + ((code & 0x3ff) << 10) + u32::from(second & 0x3ff);
        }
        char::from_u32(code).ok_or(lone)
    }

    fn hexadecimal(&mut self) -> Result<u16, SyntaxError> {
        let digits = self.rest().get(1..5).filter(|four| four.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else {
            return Err(self.error("\\u needs four hexadecimal digits"));
        };
        self.at += 5;
        Ok(unit)
    }

    /// A number, as it is written.
    pub(super) fn number(&mut self) -> Result<&'t str, SyntaxError> {
        let start = self.at;
        self.at += usize::from(self.rest().first() == Some(&b'-'));
        match self.rest().first() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.rest().first() == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.rest().first(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.rest().first(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), SyntaxError> {
        match self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.error("this is no JSON value")),
            count => {
                self.at += count;
                Ok(())
            }
        }
    }
}
