//! Data as EDN and JSON write them, with the place of each. One reader serves both: in EDN commas
//! are blank, and a lone colon behind a name, as JSON has it, is skipped.

use crate::reader::Broken;

/// How deep data may be nested.
const DEPTH_MAX: usize = 64;

/// One datum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Datum {
    /// `nil` or `null`.
    Nothing,
    /// A number, string, keyword or symbol, as its text.
    Text(String),
    /// A vector, list or set.
    List(Vec<Datum>),
    /// A map.
    Map(Vec<(Datum, Datum)>),
}

impl Datum {
    /// The value of a name in a map.
    pub(super) fn get(&self, name: &str) -> Option<&Datum> {
        let Datum::Map(pairs) = self else { return None };
        let named = |(key, _): &&(Datum, Datum)| matches!(key, Datum::Text(text) if text == name);
        pairs.iter().find(named).map(|(_, value)| value)
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Datum::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Reads data one after another.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    line_start: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0, line: 1, line_start: 0 }
    }

    /// The place of what comes next.
    pub(super) fn place(&self) -> (usize, usize) {
        (self.line, self.text[self.line_start..self.at].chars().count() + 1)
    }

    fn fault<T>(&self, message: &str) -> Result<T, Broken> {
        let (line, column) = self.place();
        Err(Broken { line, column, message: message.to_string() })
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        if next == '\n' {
            self.line += 1;
            self.line_start = self.at;
        }
        Some(next)
    }

    /// Skips blanks, commas and comments.
    pub(super) fn skip_blank(&mut self) {
        while let Some(next) = self.peek() {
            if next == ';' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.bump();
                }
            } else if next.is_whitespace() || next == ',' {
                self.bump();
            } else {
                return;
            }
        }
    }

    /// The next datum.
    pub(super) fn datum(&mut self, depth: usize) -> Result<Datum, Broken> {
        self.skip_blank();
        if depth > DEPTH_MAX {
            return self.fault("this is nested too deep");
        }
        match self.peek() {
            None => self.fault("the file ends where a value should be"),
            Some('{') => self.map(depth),
            Some('[') => self.list(']', depth),
            Some('(') => self.list(')', depth),
            Some('"') => self.string().map(Datum::Text),
            Some('#') => self.tagged(depth),
            Some(']' | ')' | '}') => self.fault("this bracket closes nothing"),
            Some(_) => self.word(),
        }
    }

    fn list(&mut self, close: char, depth: usize) -> Result<Datum, Broken> {
        self.bump();
        let mut items = Vec::new();
        loop {
            self.skip_blank();
            if self.peek() == Some(close) {
                self.bump();
                return Ok(Datum::List(items));
            }
            items.push(self.datum(depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Datum, Broken> {
        self.bump();
        let mut pairs = Vec::new();
        loop {
            self.skip_blank();
            if self.peek() == Some('}') {
                self.bump();
                return Ok(Datum::Map(pairs));
            }
            let key = self.datum(depth + 1)?;
            self.skip_blank();
            if self.peek() == Some(':') && !self.is_keyword() {
                self.bump();
            }
            pairs.push((key, self.datum(depth + 1)?));
        }
    }

    /// A tagged datum stands for itself, a set for a list, and what is discarded for nothing.
    fn tagged(&mut self, depth: usize) -> Result<Datum, Broken> {
        self.bump();
        match self.peek() {
            Some('{') => self.list_of_set(depth),
            Some('_') => {
                self.bump();
                self.datum(depth + 1)?;
                self.datum(depth + 1)
            }
            _ => {
                self.word()?;
                self.datum(depth + 1)
            }
        }
    }

    fn list_of_set(&mut self, depth: usize) -> Result<Datum, Broken> {
        self.list('}', depth)
    }

    /// Whether a colon begins a keyword: something follows it at once.
    fn is_keyword(&self) -> bool {
        let mut rest = self.text[self.at..].chars();
        rest.next() == Some(':')
            && rest.next().is_some_and(|c| c.is_alphanumeric() || "_-*+!?<>=.".contains(c))
            && !self.text[..self.at].ends_with('"')
    }

    fn word(&mut self) -> Result<Datum, Broken> {
        let start = self.at;
        if self.peek() == Some(':') {
            self.bump();
        }
        let ends = |c: char| c.is_whitespace() || ",;()[]{}\"".contains(c);
        while self.peek().is_some_and(|c| !ends(c)) {
            // In JSON a colon stands behind a name.
            if self.peek() == Some(':') {
                break;
            }
            self.bump();
        }
        let word = self.text[start..self.at].trim_start_matches(':');
        match word {
            "" => self.fault("a value was expected here"),
            "nil" | "null" => Ok(Datum::Nothing),
            word => Ok(Datum::Text(word.to_string())),
        }
    }

    fn string(&mut self) -> Result<String, Broken> {
        self.bump();
        let mut text = String::new();
        loop {
            match self.bump() {
                None => return self.fault("the file ends inside this string"),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(other) => text.push(other),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Broken> {
        Ok(match self.bump() {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('u') => {
                let digits = self.text.get(self.at..self.at + 4).unwrap_or("");
                let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                let Some(code) = code else {
                    return self.fault("four hexadecimal digits of a character follow `\\u`");
                };
                self.at += 4;
                code
            }
            Some(other) => other,
            None => return self.fault("the file ends inside this string"),
        })
    }
}
