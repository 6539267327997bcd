//! What Python's `str()` makes of a JSON value: `10`, `text`, `True`, `{'x': [1, None]}`. Numbers
//! stay as they are written.

use std::collections::HashSet;
use std::io::Write;

use node::VALUE_BYTES_MAX;

use super::json::{Reader, SyntaxError};

/// How deep lists and objects may lie in each other.
const DEPTH_MAX: usize = 32;
/// The most values in the lists and objects of one value: so much is read in a few milliseconds.
const ELEMENTS_MAX: usize = 100_000;

/// A JSON value as Python prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Printed {
    /// `null`, which stands for nothing.
    Nothing,
    /// Anything else.
    Text(Vec<u8>),
}

/// Reads a value, and prints it.
pub(super) fn print(reader: &mut Reader<'_>) -> Result<Printed, SyntaxError> {
    if reader.take_word("null") {
        return Ok(Printed::Nothing);
    }
    let mut printer = Printer { out: vec![], elements: 0 };
    match reader.peek() {
        // A text by itself has no quotes.
        Some(b'"') => {
            let text = reader.string()?;
            if text.len() > VALUE_BYTES_MAX {
                return Err(reader.error("a value has at most 16 MiB"));
            }
            printer.out = text.into_owned().into_bytes();
        }
        _ => printer.value(reader, 0)?,
    }
    // It is kept as long as the store keeps it.
    printer.out.shrink_to_fit();
    Ok(Printed::Text(printer.out))
}

struct Printer {
    out: Vec<u8>,
    /// How many values there were.
    elements: usize,
}

impl Printer {
    /// Whether it is not too much.
    fn check(&self, reader: &Reader<'_>) -> Result<(), SyntaxError> {
        if self.out.len() > VALUE_BYTES_MAX {
            return Err(reader.error("a value has at most 16 MiB"));
        }
        Ok(())
    }

    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn value(&mut self, reader: &mut Reader<'_>, depth: usize) -> Result<(), SyntaxError> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(reader.error("more than 100000 values in one"));
        }
        match reader.peek() {
            Some(b'"') => {
                let string = reader.string()?;
                self.quoted(&string);
            }
            Some(b'{' | b'[') if depth == DEPTH_MAX => {
                return Err(reader.error("nested more than 32 deep"));
            }
            Some(b'{') => self.object(reader, depth)?,
            Some(b'[') => self.list(reader, depth)?,
            Some(b'-' | b'0'..=b'9') => self.put(reader.number()?),
            _ => match WORDS.iter().find(|(json, _)| reader.take_word(json)) {
                Some((_, python)) => self.put(python),
                None => return Err(reader.error("this is no JSON value")),
            },
        }
        self.check(reader)
    }

    fn list(&mut self, reader: &mut Reader<'_>, depth: usize) -> Result<(), SyntaxError> {
        reader.take(b'[');
        self.put("[");
        let mut is_first = true;
        while reader.has_element(b']', is_first)? {
            self.put(if is_first { "" } else { ", " });
            self.value(reader, depth + 1)?;
            is_first = false;
        }
        self.put("]");
        Ok(())
    }

    fn object(&mut self, reader: &mut Reader<'_>, depth: usize) -> Result<(), SyntaxError> {
        reader.take(b'{');
        self.put("{");
        let mut names = HashSet::new();
        while reader.has_element(b'}', names.is_empty())? {
            self.put(if names.is_empty() { "" } else { ", " });
            let place = reader.clone();
            let name = reader.name()?;
            self.quoted(&name);
            self.put(": ");
            if !names.insert(name) {
                return Err(place.error("a field is given twice"));
            }
            self.value(reader, depth + 1)?;
        }
        self.put("}");
        Ok(())
    }

    /// A text as it stands inside a list or an object: Python takes single quotes unless only they
    /// are inside.
    fn quoted(&mut self, text: &str) {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        self.out.push(quote as u8);
        for character in text.chars() {
            match character {
                '\n' => self.put("\\n"),
                '\r' => self.put("\\r"),
                '\t' => self.put("\\t"),
                _ if character == '\\' || character == quote => {
                    self.out.extend([b'\\', character as u8]);
                }
                ' '..='~' => self.out.push(character as u8),
                _ if is_printable(character) => {
                    self.put(character.encode_utf8(&mut [0; 4]));
                }
                _ => self.hidden(character.into()),
            }
            if self.out.len() > VALUE_BYTES_MAX {
                // Whoever asked for this looks at the length next.
                return;
            }
        }
        self.out.push(quote as u8);
    }

    /// A character that Python does not show.
    fn hidden(&mut self, code: u32) {
        let written = match code {
            ..0x100 => write!(self.out, "\\x{code:02x}"),
            0x100..0x1_0000 => write!(self.out, "\\u{code:04x}"),
            _ => write!(self.out, "\\U{code:08x}"),
        };
        written.expect("a vector takes all");
    }
}

/// The words of JSON, and what they are called in Python.
const WORDS: [(&str, &str); 3] = [("true", "True"), ("false", "False"), ("null", "None")];

/// Whether Python shows a character as it is: all but those of Unicode's groups C and Z. The
/// standard library draws the same line when it shows a text, except for the first character, where
/// it also hides marks that would join what stands before.
fn is_printable(character: char) -> bool {
    if character.is_control() || character.is_alphanumeric() {
        return !character.is_control();
    }
    let mut text = [b'a'; 5];
    let length = character.encode_utf8(&mut text[1..]).len();
    let text = std::str::from_utf8(&text[..=length]).unwrap_or_default();
    text.escape_debug().nth(1) == Some(character)
}
