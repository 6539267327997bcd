//! The two languages that events are written in.

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Clojure's data.
    Edn,
    /// JSON, read as data like those of EDN.
    Json,
}

impl Dialect {
    /// How many bytes a text has up to what ends a word without a blank between.
    pub(super) fn word_length(self, text: &str) -> usize {
        let ends = match self {
            Dialect::Edn => &EDN_ENDS,
            Dialect::Json => &JSON_ENDS,
        };
        let plain = text.bytes().position(|byte| ends[usize::from(byte)]).unwrap_or(text.len());
        match text.as_bytes().get(plain) {
            // Some characters beyond ASCII are blanks, too.
            Some(128..) => text.find(|c| self.ends_word(c)).unwrap_or(text.len()),
            _ => plain,
        }
    }

    fn ends_word(self, c: char) -> bool {
        u8::try_from(c).is_ok_and(|byte| byte.is_ascii() && self.ends_ascii_word(byte))
            || c.is_whitespace()
    }

    const fn ends_ascii_word(self, byte: u8) -> bool {
        match byte {
            b',' | b'[' | b']' | b'{' | b'}' | b'"' => true,
            b';' | b'(' | b')' | b'\\' | b'^' | b'`' | b'~' | b'@' => matches!(self, Dialect::Edn),
            b':' => matches!(self, Dialect::Json),
            b' ' | 9..=13 => true,
            _ => false,
        }
    }

    /// Which bytes end a word; those beyond ASCII may.
    const fn ends(self) -> [bool; 256] {
        let mut ends = [true; 256];
        let mut byte = 0;
        while byte < 128 {
            ends[byte as usize] = self.ends_ascii_word(byte);
            byte += 1;
        }
        ends
    }
}

const EDN_ENDS: [bool; 256] = Dialect::Edn.ends();
const JSON_ENDS: [bool; 256] = Dialect::Json.ends();
