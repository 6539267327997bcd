//! Strings, characters and regular expressions, as EDN and JSON write them.

use std::borrow::Cow;

use super::Reader;
use crate::formats::broken::Broken;
use crate::formats::datum::Datum;
use crate::formats::dialect::Dialect;

impl<'a> Reader<'a> {
    pub(super) fn string(&mut self) -> Result<Cow<'a, str>, Broken> {
        let place = self.at;
        self.bump();
        let plain = self.plain_text();
        if self.next_byte() == Some(b'"') {
            self.bump();
            return Ok(Cow::Borrowed(plain));
        }
        let mut text = plain.to_string();
        loop {
            match self.bump() {
                None => return self.fault("the file ends inside this string"),
                Some('"') => return Ok(Cow::Owned(text)),
                Some('\\') => text.push(self.escape()?),
                Some('\n') if self.dialect == Dialect::Json => {
                    return self.fault_at(place, "the line ends inside this string");
                }
                Some(other) => {
                    text.push(other);
                    text.push_str(self.plain_text());
                }
            }
        }
    }

    /// The letters, digits and other plain characters that come next.
    fn plain_text(&mut self) -> &'a str {
        let is_plain = |&byte: &u8| (b' '..0x7f).contains(&byte) && byte != b'"' && byte != b'\\';
        let rest = self.rest();
        let length = rest.bytes().position(|byte| !is_plain(&byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn escape(&mut self) -> Result<char, Broken> {
        let place = self.at;
        Ok(match self.bump() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => return self.escaped_unicode(),
            Some(same @ ('"' | '\\' | '/')) => same,
            Some(_) => return self.fault_at(place, "no character is escaped so"),
            None => return self.fault("the file ends inside this string"),
        })
    }

    /// A character behind `\u`, which is two halves if it needs more than four digits.
    fn escaped_unicode(&mut self) -> Result<char, Broken> {
        let place = self.at;
        let half = self.unit();
        let code = match half {
            Some(high @ 0xd800..0xdc00) if self.rest().starts_with("\\u") => {
                self.bump();
                self.bump();
                let low = self.unit().filter(|low| (0xdc00..0xe000).contains(low));
                low.map(|low| 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))
            }
            half => half,
        };
        match code.and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => self.fault_at(place, "four hexadecimal digits of a character follow `\\u`"),
        }
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4).filter(|d| d.chars().all(|c| c.is_ascii_hexdigit()))?;
        self.at += 4;
        u32::from_str_radix(digits, 16).ok()
    }

    /// A regular expression: a backslash takes the next character with it.
    pub(super) fn pattern(&mut self) -> Result<Datum<'a>, Broken> {
        self.bump();
        loop {
            match self.bump() {
                None => return self.fault("the file ends inside this regular expression"),
                Some('"') => return Ok(Datum::Unequal),
                Some('\\') => {
                    self.bump();
                }
                Some(_) => {}
            }
        }
    }

    /// A character such as `\a`, `\,` or `\newline`.
    pub(super) fn character(&mut self) -> Result<Datum<'a>, Broken> {
        let place = self.at;
        self.bump();
        let start = self.at;
        self.bump();
        let first_ends = self.at;
        self.token();
        let name = match self.text[start..self.at].trim() {
            "newline" => "\n",
            "space" => " ",
            "tab" => "\t",
            "return" => "\r",
            "backspace" => "\u{8}",
            "formfeed" => "\u{c}",
            // A blank is no character by itself.
            "" => return self.fault_at(place, "no character is named so"),
            _ if self.at == first_ends => &self.text[start..self.at],
            long => match unicode(long) {
                Some(c) => return Ok(Datum::Scalar(format!("\\{c}").into())),
                None => return self.fault_at(place, "no character is named so"),
            },
        };
        Ok(Datum::Scalar(format!("\\{name}").into()))
    }
}

/// The character that `u` and four hexadecimal digits name.
fn unicode(name: &str) -> Option<char> {
    let digits = name.strip_prefix('u').filter(|digits| digits.len() == 4)?;
    digits.chars().all(|c| c.is_ascii_hexdigit()).then_some(())?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}
