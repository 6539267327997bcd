//! LCS: the longest text that two values have in common, perhaps with gaps.

use super::arguments::{Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Effect, View};
use super::integer::integer_argument;
use super::spec::{Access, Argument, KeyPlaces};
use crate::limits::TURN_STEPS;
use crate::reply::{Error, Reply};

pub(super) static LCS: Row = Row {
    name: "lcs",
    arity: -3,
    access: Access::Read,
    flags: &[],
    keys: Some(KeyPlaces { first: 1, last: 2, step: 1, flags: &["RO", "access"] }),
    categories: &["@read", "@string", "@slow"],
    tips: &[],
    group: "string",
    since: "7.0.0",
    summary: "Find longest common substring",
    complexity: "O(N*M) where N and M are the lengths of s1 and s2, respectively",
    arguments: &[
        Argument { name: "key1", ..Argument::KEY },
        Argument { name: "key2", ..Argument::KEY },
        Argument { name: "len", token: Some("LEN"), ..WORD },
        Argument { name: "idx", token: Some("IDX"), ..WORD },
        Argument { name: "len", kind: "integer", token: Some("MINMATCHLEN"), ..WORD },
        Argument { name: "withmatchlen", token: Some("WITHMATCHLEN"), ..WORD },
    ],
    subcommands: &[],
    run: Data {
        id: 49,
        model: Model::None,
        parse: checked,
        effect: Effect::Scan { read: lcs, bytes: cells },
    },
};

const WORD: Argument = Argument { kind: "pure-token", flags: &["optional"], ..Argument::ANY };

/// The most pairs of bytes that are compared: a turn takes no longer.
const CELLS_MAX: usize = TURN_STEPS * 512;

/// What is to be told.
#[derive(Default)]
struct Options {
    length: bool,
    ranges: bool,
    with_lengths: bool,
    /// Shorter ranges are left out.
    least: usize,
}

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN]`
fn options(arguments: &Arguments) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut words = arguments.iter().skip(2);
    let syntax = || Error::Invalid("syntax error".into());
    while let Some(word) = words.next() {
        let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
        if is("LEN") {
            options.length = true;
        } else if is("IDX") {
            options.ranges = true;
        } else if is("WITHMATCHLEN") {
            options.with_lengths = true;
        } else if is("MINMATCHLEN") {
            let least = integer_argument(words.next().ok_or_else(syntax)?)?;
            options.least = usize::try_from(least).unwrap_or(0);
        } else {
            return Err(syntax());
        }
    }
    if options.length && options.ranges {
        let text = "If you want both the length and indexes, please just use IDX.";
        return Err(Error::Invalid(text.into()));
    }
    Ok(options)
}

fn checked(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    let command = plain(row, request)?;
    options(command.args())?;
    Ok(command)
}

fn texts<'a>(view: &'a dyn View, arguments: &Arguments) -> [&'a [u8]; 2] {
    [0, 1].map(|at| view.get(arguments.get(at)).map(|value| value.bytes()).unwrap_or_default())
}

/// How many pairs of bytes are compared.
fn cells(view: &dyn View, arguments: &Arguments) -> usize {
    let [a, b] = texts(view, arguments);
    let cells = a.len().saturating_mul(b.len());
    if cells > CELLS_MAX { 0 } else { cells }
}

fn lcs(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let options = options(arguments).expect("the parser has read it");
    let [a, b] = texts(view, arguments);
    if a.len().saturating_mul(b.len()) > CELLS_MAX {
        return Reply::Error(Error::Invalid(format!(
            "the values are too long for LCS: they have {} and {} bytes, and the product may be {CELLS_MAX}, so that nobody else \
             waits long. Hint: GET both and compare them in the client",
            a.len(),
            b.len()
        )));
    }
    let (length, ups) = compare(a, b, !options.length);
    if options.length {
        return Reply::Integer(length.into());
    }
    let ranges = common(a, b, &ups);
    if !options.ranges {
        let mut text = Vec::with_capacity(length as usize);
        for range in ranges.iter().rev() {
            text.extend_from_slice(&a[range.a..range.a + range.length]);
        }
        return Reply::Value(text.into());
    }
    let long = ranges.iter().filter(|range| range.length >= options.least);
    let told = long.map(|range| range.told(options.with_lengths)).collect();
    Reply::Map(vec![("matches", Reply::Array(told)), ("len", Reply::Integer(length.into()))])
}

/// How long the longest common text is; and if that is to be `kept`, of each pair of bytes that
/// differ whether it goes on better without the byte of `a`.
fn compare(a: &[u8], b: &[u8], kept: bool) -> (u32, Vec<bool>) {
    let mut ups = vec![false; if kept { a.len() * b.len() } else { 0 }];
    // What each beginning of `b` has in common with the part of `a` so far.
    let mut row = vec![0; b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut corner = 0;
        for (j, y) in b.iter().enumerate() {
            let (above, left) = (row[j + 1], row[j]);
            row[j + 1] = if x == y { corner + 1 } else { above.max(left) };
            if kept {
                ups[i * b.len() + j] = above > left;
            }
            corner = above;
        }
    }
    (row[b.len()], ups)
}

/// A range that both have: where it begins in each, and how long it is.
#[derive(Debug, PartialEq)]
struct Common {
    a: usize,
    b: usize,
    length: usize,
}

impl Common {
    fn told(&self, with_length: bool) -> Reply {
        let number = |number: usize| Reply::Integer(number as i64);
        let range = |start| Reply::Array(vec![number(start), number(start + self.length - 1)]);
        let length = with_length.then(|| number(self.length));
        Reply::Array([range(self.a), range(self.b)].into_iter().chain(length).collect())
    }
}

/// What the longest common text consists of, from its end, as Redis goes back through it.
fn common(a: &[u8], b: &[u8], ups: &[bool]) -> Vec<Common> {
    let (mut i, mut j) = (a.len(), b.len());
    let (mut all, mut is_open) = (Vec::<Common>::new(), false);
    while i > 0 && j > 0 {
        if a[i - 1] != b[j - 1] {
            let up = ups[(i - 1) * b.len() + j - 1];
            (i, j) = if up { (i - 1, j) } else { (i, j - 1) };
            is_open = false;
            continue;
        }
        (i, j) = (i - 1, j - 1);
        match all.last_mut() {
            Some(last) if is_open => *last = Common { a: i, b: j, length: last.length + 1 },
            _ => all.push(Common { a: i, b: j, length: 1 }),
        }
        is_open = true;
    }
    all
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::store::{Cursor, Value};

    #[test]
    fn ranges_come_from_the_end() {
        let (a, b) = (b"ohmytext", b"mynewtext");
        let (length, ups) = compare(a, b, true);
        let expected = [Common { a: 4, b: 5, length: 4 }, Common { a: 2, b: 0, length: 2 }];
        assert_eq!((length, &common(a, b, &ups)[..]), (6, &expected[..]));
        assert_eq!(compare(a, b, false), (6, vec![]));
        assert_eq!(compare(b"", b, true), (0, vec![]));
    }

    /// All keys have the same value.
    struct Same(Bytes);

    impl View for Same {
        fn get(&self, _: &[u8]) -> Option<Value<'_>> {
            Some(Value::Great(&self.0))
        }
        fn touch(&self, _: &[&[u8]]) {}
        fn keys(&self) -> u64 {
            1
        }
        fn walk(&self, _: Cursor, _: usize, _: &mut dyn FnMut(&[u8]) -> bool) -> Option<Cursor> {
            None
        }
    }

    #[test]
    fn what_would_take_longer_than_a_turn_is_refused() {
        let command = Command::of_words(&["LCS", "a", "b", "IDX"]).unwrap();
        let same = |bytes| Same(vec![b'a'; bytes].into());
        let Reply::Map(pairs) = command.read(&same(2048), 0) else { panic!("it has two parts") };
        assert_eq!(pairs[1], ("len", Reply::Integer(2048)));
        assert_eq!(command.scanned(&same(2048)), CELLS_MAX, "it spends a whole turn");
        let Reply::Error(error) = command.read(&same(2049), 0) else { panic!("it is refused") };
        let expected = "ERR the values are too long for LCS: they have 2049 and 2049 bytes";
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(command.scanned(&same(2049)), 0, "and costs nothing");
        for (words, scanned) in [
            ("BITCOUNT a", 80),
            ("BITCOUNT a 1 8", 8),
            ("BITCOUNT a 8 39 BIT", 4),
            ("BITPOS a 1 -16", 16),
            ("GETBIT a 1", 0),
            ("STRLEN a", 0),
        ] {
            let command = Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
            assert_eq!(command.scanned(&same(80)), scanned, "{words}");
        }
    }
}
