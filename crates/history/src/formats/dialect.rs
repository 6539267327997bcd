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
    /// Whether a character ends a word without a blank between.
    pub(super) fn ends_word(self, c: char) -> bool {
        match c {
            ',' | '[' | ']' | '{' | '}' | '"' => true,
            ';' | '(' | ')' | '\\' | '^' | '`' | '~' | '@' => self == Dialect::Edn,
            ':' => self == Dialect::Json,
            _ => c.is_whitespace(),
        }
    }
}
