//! EDN and JSON as text: reads one datum after another, each with its place. Comments, what `#_`
//! discards and metadata are skipped as Clojure's reader does; comments and discards are counted.

mod strings;

use std::borrow::Cow;
use std::collections::HashSet;

use super::datum::Datum;
use super::dialect::Dialect;
use super::number::number;
use crate::formats::broken::Broken;

/// How deep data may be nested.
const DEPTH_MAX: usize = 64;

/// Reads data one after another.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// The byte that comes next.
    at: usize,
    /// A byte before that, or the same, and its line and column. Lines and columns are counted only
    /// as far as somebody asks.
    counted: Place,
    dialect: Dialect,
    comments: usize,
}

/// A byte of the text, its line and its column.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    line: usize,
    column: usize,
}

impl Place {
    const FIRST: Place = Place { at: 0, line: 1, column: 1 };

    /// The place of a byte that is not before this one.
    fn forward(self, text: &str, at: usize) -> Place {
        let between = &text.as_bytes()[self.at..at];
        let chars = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        match between.iter().rposition(|&byte| byte == b'\n') {
            None => Place { at, column: self.column + chars(between), ..self },
            Some(last) => {
                let newlines = between[..=last].iter().filter(|&&byte| byte == b'\n').count();
                let column = chars(&between[last + 1..]) + 1;
                Place { at, line: self.line + newlines, column }
            }
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Reader<'a> {
        Reader { text, at: 0, counted: Place::FIRST, dialect, comments: 0 }
    }

    /// The line and column of what comes next.
    pub(super) fn place(&mut self) -> (usize, usize) {
        self.counted = self.counted.forward(self.text, self.at);
        (self.counted.line, self.counted.column)
    }

    /// How many comments and discarded forms were skipped.
    pub(super) fn comments(&self) -> usize {
        self.comments
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next_byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn bump_while(&mut self, goes_on: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&goes_on) {
            self.bump();
        }
    }

    fn fault<T>(&self, message: &str) -> Result<T, Broken> {
        self.fault_at(self.at, message)
    }

    fn fault_at<T>(&self, at: usize, message: &str) -> Result<T, Broken> {
        let Place { line, column, .. } = Place::FIRST.forward(self.text, at);
        Err(Broken { line, column, message: message.to_string() })
    }

    /// Skips what stands before the next datum: blanks, commas, comments, discarded forms,
    /// metadata.
    pub(super) fn skip_blank(&mut self, depth: usize) -> Result<(), Broken> {
        self.skip_plain_blanks();
        let is_datum = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b';' | b'#' | b'^');
        if self.next_byte().is_some_and(is_datum) {
            return Ok(());
        }
        let is_edn = self.dialect == Dialect::Edn;
        while let Some(next) = self.peek() {
            let rest = self.rest();
            if next.is_whitespace() || next == ',' {
                self.bump();
            } else if is_edn && (next == ';' || rest.starts_with("#!")) {
                self.comments += 1;
                self.bump_while(|c| c != '\n');
            } else if is_edn && rest.starts_with("#_") {
                self.comments += 1;
                self.datum_behind(2, depth)?;
            } else if is_edn && next == '^' {
                self.skip_metadata(1, depth)?;
            } else if is_edn && rest.starts_with("#^") {
                self.skip_metadata(2, depth)?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Most blanks are these.
    fn skip_plain_blanks(&mut self) {
        let is_blank = |byte: u8| matches!(byte, b' ' | b',' | b'\t' | b'\r' | b'\n');
        while self.next_byte().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Metadata says nothing about an operation, and may hold none.
    fn skip_metadata(&mut self, chars: usize, depth: usize) -> Result<(), Broken> {
        let place = self.at;
        match self.datum_behind(chars, depth)?.holds_event() {
            false => Ok(()),
            true => self
                .fault_at(place, "this metadata looks like an event, and what it says is skipped"),
        }
    }

    fn datum_behind(&mut self, chars: usize, depth: usize) -> Result<Datum<'a>, Broken> {
        (0..chars).for_each(|_| {
            self.bump();
        });
        self.datum(depth + 1)
    }

    /// The next datum.
    pub(super) fn datum(&mut self, depth: usize) -> Result<Datum<'a>, Broken> {
        if depth > DEPTH_MAX {
            return self.fault("this is nested too deep");
        }
        self.skip_blank(depth)?;
        match (self.peek(), self.dialect) {
            (None, _) => self.fault("the file ends where a value should be"),
            (Some('{'), _) => self.map(depth),
            (Some('['), _) => self.list(']', depth).map(Datum::List),
            (Some('"'), _) => self.string().map(Datum::Text),
            (Some(']' | ')' | '}'), _) => self.fault("this bracket closes nothing"),
            (Some('('), Dialect::Edn) => self.list(')', depth).map(Datum::List),
            (Some('#'), Dialect::Edn) => self.tagged(depth),
            (Some('\\'), Dialect::Edn) => self.character(),
            (Some(_), _) => self.word(),
        }
    }

    /// The items up to the closing bracket.
    fn list(&mut self, close: char, depth: usize) -> Result<Vec<Datum<'a>>, Broken> {
        self.bump();
        let mut items = Vec::new();
        loop {
            self.skip_blank(depth)?;
            if self.peek() == Some(close) {
                self.bump();
                return Ok(items);
            }
            items.push(self.datum(depth + 1)?);
        }
    }

    fn map(&mut self, depth: usize) -> Result<Datum<'a>, Broken> {
        let place = self.at;
        self.bump();
        let mut pairs = Vec::new();
        loop {
            self.skip_blank(depth)?;
            if self.peek() == Some('}') {
                self.bump();
                break;
            }
            let key = self.datum(depth + 1)?;
            if self.dialect == Dialect::Json {
                self.colon()?;
            }
            pairs.push((key, self.datum(depth + 1)?));
        }
        match has_key_twice(&pairs) {
            false => Ok(Datum::Map(pairs)),
            true => self.fault_at(place, "a key stands twice in this map"),
        }
    }

    fn colon(&mut self) -> Result<(), Broken> {
        self.skip_blank(0)?;
        if self.peek() != Some(':') {
            return self.fault("a colon stands between a name and its value");
        }
        self.bump();
        Ok(())
    }

    /// A set, a regular expression, a symbolic value, or a datum with a tag. A tag makes another
    /// value of a scalar; a list or map stands for itself.
    fn tagged(&mut self, depth: usize) -> Result<Datum<'a>, Broken> {
        self.bump();
        match self.peek() {
            Some('{') => self.list('}', depth).map(Datum::Set),
            Some('"') => self.pattern(),
            _ => {
                let tag = self.token();
                if tag.is_empty() {
                    return self.fault("a tag was expected here");
                }
                if tag == "#NaN" {
                    return Ok(Datum::Unequal);
                }
                if tag.starts_with('#') {
                    return Ok(Datum::Scalar(format!("#{tag}").into()));
                }
                let datum = self.datum(depth + 1)?;
                let label =
                    datum.label().or((datum == Datum::Nothing).then_some(Cow::Borrowed("nil")));
                let tagged = label.map(|label| Datum::Scalar(format!("#{tag} {label}").into()));
                Ok(tagged.unwrap_or(datum))
            }
        }
    }

    /// The characters up to what ends a word; none if that comes first.
    fn token(&mut self) -> &'a str {
        let rest = self.rest();
        let token = &rest[..self.dialect.word_length(rest)];
        self.at += token.len();
        token
    }

    fn word(&mut self) -> Result<Datum<'a>, Broken> {
        let place = self.at;
        let word = self.token();
        let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
        Ok(match (word, self.dialect) {
            ("true" | "false", _) => Datum::Scalar(Cow::Borrowed(word)),
            ("nil", Dialect::Edn) | ("null", Dialect::Json) => Datum::Nothing,
            _ if digits.starts_with(|c: char| c.is_ascii_digit()) => {
                match number(word, self.dialect) {
                    Some(number) => Datum::Scalar(number),
                    None => return self.fault_at(place, "this is no number that the judge knows"),
                }
            }
            ("" | ":", _) => return self.fault_at(place, "a value was expected here"),
            (_, Dialect::Json) => return self.fault_at(place, "this is no JSON"),
            (_, Dialect::Edn) => match word.strip_prefix(':') {
                Some(name) => Datum::Keyword(name),
                None => Datum::Symbol(word),
            },
        })
    }
}

/// Whether a key stands twice; few keys are compared with each other, which is faster.
fn has_key_twice(pairs: &[(Datum<'_>, Datum<'_>)]) -> bool {
    const FEW: usize = 16;
    if pairs.len() <= FEW {
        let is_repeated = |(at, pair): (usize, &(Datum<'_>, Datum<'_>))| {
            pairs[..at].iter().any(|before| before.0 == pair.0)
        };
        return pairs.iter().enumerate().any(is_repeated);
    }
    let mut seen = HashSet::with_capacity(pairs.len());
    !pairs.iter().all(|(key, _)| seen.insert(key))
}
