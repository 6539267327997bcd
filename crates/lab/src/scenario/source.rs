//! The text of a scenario file, and what is wrong with it where.

use std::fmt;

/// The most problems of one file that are shown; more would hide the first.
const PROBLEMS_SHOWN_MAX: usize = 20;

/// A place in a file; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; `None` if the file as a whole cannot be had.
    pub place: Option<Place>,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// A file that was refused, and all that is wrong with it, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The file as it was named.
    pub file: String,
    /// What is wrong; never empty.
    pub problems: Vec<Problem>,
}

impl Refusal {
    /// The whole file cannot be had.
    pub(crate) fn of_file(file: &str, what: String) -> Refusal {
        Refusal { file: file.into(), problems: vec![Problem { place: None, what }] }
    }

    /// One problem at one place.
    pub(crate) fn at(file: &str, place: Place, what: String) -> Refusal {
        Refusal { file: file.into(), problems: vec![Problem { place: Some(place), what }] }
    }
}

impl fmt::Display for Refusal {
    /// A line for each problem, `FILE:LINE:COLUMN: what, and what would be right`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.problems.iter().take(PROBLEMS_SHOWN_MAX).enumerate() {
            let newline = if number == 0 { "" } else { "\n" };
            match problem.place {
                Some(place) => write!(f, "{newline}{}:{place}: {}", self.file, problem.what)?,
                None => write!(f, "{newline}{}: {}", self.file, problem.what)?,
            }
        }
        match self.problems.len().saturating_sub(PROBLEMS_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n{}: … and {more} more", self.file),
        }
    }
}

impl std::error::Error for Refusal {}

/// The text of a file, with its lines found once.
pub(super) struct Source<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(super) fn new(text: &'a str) -> Source<'a> {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Source { text, line_starts }
    }

    /// The place of a byte.
    pub(super) fn place(&self, byte: usize) -> Place {
        let byte = byte.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= byte);
        let start = self.line_starts[line - 1];
        let before = &self.text.as_bytes()[start..byte];
        // Bytes of the form 10xxxxxx go on with a character, all others begin one.
        let column = before.iter().filter(|byte| **byte & 0xc0 != 0x80).count() + 1;
        Place { line, column }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let source = Source::new("{\n  \"ключ\": 1\n}");
        assert_eq!(source.place(0), Place { line: 1, column: 1 });
        assert_eq!(source.place(4), Place { line: 2, column: 3 });
        assert_eq!(source.place(16), Place { line: 2, column: 11 });
        assert_eq!(source.place(9999), Place { line: 3, column: 2 });
    }

    #[test]
    fn long_lists_are_cut() {
        let problem = |n| Problem { place: None, what: format!("p{n}") };
        let refusal = Refusal { file: "f".into(), problems: (0..23).map(problem).collect() };
        let text = refusal.to_string();
        assert_eq!(text.lines().count(), 21);
        assert!(text.ends_with("f: p19\nf: … and 3 more"));
    }
}
