//! Bits: what reads values as rows of bits, the highest bit of each byte first.
//!
//! Members of an earlier version do not know these. That is no harm: they are reads that stand in
//! no list, so neither logs nor messages have their ids.

use std::ops::Range;

use super::arguments::{Arguments, Request};
use super::command::{Command, Data, Model, Row, plain};
use super::effect::{Effect, View};
use super::integer::{integer, integer_argument};
use super::spec::{Access, Argument, KeyPlaces};
use super::strings::{part, within};
use crate::reply::{Error, Reply};

/// The rows of this family, the most frequent first.
pub(super) static ROWS: &[&Row] = &[&GETBIT, &BITCOUNT, &BITPOS];

static GETBIT: Row = Row {
    name: "getbit",
    arity: 3,
    flags: &["fast"],
    categories: &["@read", "@bitmap", "@fast"],
    since: "2.2.0",
    summary: "Returns the bit value at offset in the string value stored at key",
    complexity: "O(1)",
    arguments: &[Argument::KEY, Argument { name: "offset", kind: "integer", ..Argument::ANY }],
    run: Data {
        id: 46,
        model: Model::None,
        parse: bit_offset,
        effect: Effect::Scan { read: getbit, bytes: |_, _| 0 },
    },
    ..BITS
};

static BITCOUNT: Row = Row {
    name: "bitcount",
    arity: -2,
    since: "2.6.0",
    summary: "Count set bits in a string",
    complexity: "O(N)",
    arguments: &[
        Argument::KEY,
        Argument {
            name: "index",
            kind: "block",
            flags: &["optional"],
            choices: &[START, END, UNIT],
            ..Argument::ANY
        },
    ],
    run: Data {
        id: 47,
        model: Model::None,
        parse: |row, request| checked(row, request, counted),
        effect: Effect::Scan { read: bitcount, bytes: count_bytes },
    },
    ..BITS
};

static BITPOS: Row = Row {
    name: "bitpos",
    arity: -3,
    since: "2.8.7",
    summary: "Find first bit set or clear in a string",
    complexity: "O(N)",
    arguments: &[
        Argument::KEY,
        Argument { name: "bit", kind: "integer", ..Argument::ANY },
        Argument {
            name: "index",
            kind: "block",
            flags: &["optional"],
            choices: &[
                START,
                Argument {
                    name: "end_index",
                    kind: "block",
                    flags: &["optional"],
                    choices: &[END, UNIT],
                    ..Argument::ANY
                },
            ],
            ..Argument::ANY
        },
    ],
    run: Data {
        id: 48,
        model: Model::None,
        parse: |row, request| checked(row, request, sought),
        effect: Effect::Scan { read: bitpos, bytes: sought_bytes },
    },
    ..BITS
};

/// What these have in common.
const BITS: Row = Row {
    name: "",
    arity: 0,
    access: Access::Read,
    flags: &[],
    keys: Some(KeyPlaces { first: 1, last: 1, step: 1, flags: &["RO", "access"] }),
    categories: &["@read", "@bitmap", "@slow"],
    tips: &[],
    group: "bitmap",
    since: "",
    summary: "",
    complexity: "",
    arguments: &[],
    subcommands: &[],
    run: Data {
        id: 0,
        model: Model::None,
        parse: plain,
        effect: Effect::Scan { read: getbit, bytes: |_, _| 0 },
    },
};

const START: Argument = Argument { name: "start", kind: "integer", ..Argument::ANY };
const END: Argument = Argument { name: "end", kind: "integer", ..Argument::ANY };
const UNIT: Argument = Argument {
    name: "index_unit",
    kind: "oneof",
    flags: &["optional"],
    choices: &[
        Argument { name: "byte", kind: "pure-token", token: Some("BYTE"), ..Argument::ANY },
        Argument { name: "bit", kind: "pure-token", token: Some("BIT"), ..Argument::ANY },
    ],
    ..Argument::ANY
};

/// Redis has no bit from here on: its longest value has 512 MiB.
const OFFSET_END: i64 = 1 << 32;

/// `GETBIT key offset`
fn bit_offset(row: &'static Row, request: &dyn Request) -> Result<Command, Error> {
    if integer(request.get(2)).is_none_or(|offset| !(0..OFFSET_END).contains(&offset)) {
        return Err(Error::Invalid("bit offset is not an integer or out of range".into()));
    }
    plain(row, request)
}

fn getbit(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let offset = integer(arguments.get(1)).expect(CHECKED) as usize;
    let byte = view.get(arguments.get(0)).and_then(|value| value.bytes().get(offset / 8).copied());
    Reply::Integer(byte.map_or(0, |byte| i64::from(byte >> (7 - offset % 8) & 1)))
}

/// A command whose arguments can be read.
fn checked<T>(
    row: &'static Row,
    request: &dyn Request,
    read: fn(&Arguments) -> Result<T, Error>,
) -> Result<Command, Error> {
    let command = plain(row, request)?;
    read(command.args())?;
    Ok(command)
}

const CHECKED: &str = "the parser has read it";

fn syntax() -> Error {
    Error::Invalid("syntax error".into())
}

/// Which part of a value is meant.
struct Window {
    start: i64,
    /// Both ends are included. `None`: as far as it goes, and whatever may stand behind it.
    end: Option<i64>,
    /// Whether they count bits.
    of_bits: bool,
}

impl Window {
    const ALL: Window = Window { start: 0, end: None, of_bits: false };

    /// Which bits of a value of so many bytes it has, by a rule of what lies between two places.
    fn bits(&self, bytes: usize, between: fn(usize, i64, i64) -> Range<usize>) -> Range<usize> {
        let size = if self.of_bits { 1 } else { 8 };
        let places = between(bytes * 8 / size, self.start, self.end.unwrap_or(-1));
        places.start * size..places.end * size
    }
}

/// Whether this is BIT, or else BYTE.
fn is_bit(unit: &[u8]) -> Result<bool, Error> {
    let is = |name: &str| unit.eq_ignore_ascii_case(name.as_bytes());
    if is("BIT") || is("BYTE") { Ok(is("BIT")) } else { Err(syntax()) }
}

/// `BITCOUNT key [start end [BYTE|BIT]]`
fn counted(arguments: &Arguments) -> Result<Window, Error> {
    if arguments.len() == 1 {
        return Ok(Window::ALL);
    }
    if !(3..=4).contains(&arguments.len()) {
        return Err(syntax());
    }
    let start = integer_argument(arguments.get(1))?;
    let end = Some(integer_argument(arguments.get(2))?);
    let of_bits = arguments.len() == 4 && is_bit(arguments.get(3))?;
    Ok(Window { start, end, of_bits })
}

/// The bytes of the value, and which bits of it count.
fn count_range<'a>(view: &'a dyn View, arguments: &Arguments) -> (&'a [u8], Range<usize>) {
    let bytes = view.get(arguments.get(0)).map(|value| value.bytes()).unwrap_or_default();
    (bytes, counted(arguments).expect(CHECKED).bits(bytes.len(), part))
}

fn count_bytes(view: &dyn View, arguments: &Arguments) -> usize {
    count_range(view, arguments).1.len() / 8
}

fn bitcount(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let (bytes, bits) = count_range(view, arguments);
    Reply::Integer(i64::from(ones(bytes, bits)))
}

/// How many of these bits are set.
fn ones(bytes: &[u8], bits: Range<usize>) -> u32 {
    if bits.is_empty() {
        return 0;
    }
    let touched = &bytes[bits.start / 8..bits.end.div_ceil(8)];
    let (words, rest) = touched.as_chunks::<8>();
    let all: u32 = words.iter().map(|word| u64::from_ne_bytes(*word).count_ones()).sum();
    let all = all + rest.iter().map(|byte| byte.count_ones()).sum::<u32>();
    let before = (touched[0] & !from(bits.start % 8)).count_ones();
    let behind = match bits.end % 8 {
        0 => 0,
        end => (touched[touched.len() - 1] & from(end)).count_ones(),
    };
    all - before - behind
}

/// The bits of a byte from this one on, of eight.
fn from(bit: usize) -> u8 {
    0xff >> bit
}

/// `BITPOS key bit [start [end [BYTE|BIT]]]`, to whether the bit is set, and where it is sought.
fn sought(arguments: &Arguments) -> Result<(bool, Window), Error> {
    let bit = match integer_argument(arguments.get(1))? {
        bit @ 0..=1 => bit == 1,
        _ => return Err(Error::Invalid("The bit argument must be 1 or 0.".into())),
    };
    let count = arguments.len();
    if count > 5 {
        return Err(syntax());
    }
    if count == 2 {
        return Ok((bit, Window::ALL));
    }
    let start = integer_argument(arguments.get(2))?;
    let of_bits = count == 5 && is_bit(arguments.get(4))?;
    let end = if count > 3 { Some(integer_argument(arguments.get(3))?) } else { None };
    Ok((bit, Window { start, end, of_bits }))
}

fn sought_bytes(view: &dyn View, arguments: &Arguments) -> usize {
    let (_, window) = sought(arguments).expect(CHECKED);
    window.bits(view.get(arguments.get(0)).map_or(0, |value| value.len()), within).len() / 8
}

fn bitpos(view: &dyn View, arguments: &Arguments, _: u64) -> Reply {
    let (bit, window) = sought(arguments).expect(CHECKED);
    let Some(value) = view.get(arguments.get(0)) else {
        return Reply::Integer(if bit { -1 } else { 0 });
    };
    let bytes = value.bytes();
    let bits = window.bits(bytes.len(), within);
    let place = match first(bytes, bits.clone(), bit) {
        // Behind the value all bits are clear, if one may look there.
        None if !bit && window.end.is_none() && !bits.is_empty() => Some(bits.end),
        place => place,
    };
    Reply::Integer(place.map_or(-1, |place| place as i64))
}

/// The first of these bits that is set, or clear.
fn first(bytes: &[u8], bits: Range<usize>, set: bool) -> Option<usize> {
    if bits.is_empty() {
        return None;
    }
    // What is not sought, in a whole word.
    let others = if set { 0 } else { u64::MAX };
    let (start, end) = (bits.start / 8, bits.end.div_ceil(8));
    let head = (bytes[start] ^ others as u8) & from(bits.start % 8);
    let found = if head != 0 {
        Some(start * 8 + head.leading_zeros() as usize)
    } else {
        let (words, rest) = bytes[start + 1..end].as_chunks::<8>();
        let in_words = words.iter().position(|word| u64::from_be_bytes(*word) != others);
        let skipped = in_words.unwrap_or(words.len());
        let behind = words.get(skipped).map_or(rest, |word| &word[..]);
        let at = behind.iter().position(|byte| *byte != others as u8);
        let bit = |at: usize| (behind[at] ^ others as u8).leading_zeros() as usize;
        at.map(|at| (start + 1 + skipped * 8 + at) * 8 + bit(at))
    };
    found.filter(|place| *place < bits.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that are mostly the same, so that whole words are passed over.
    fn bytes(length: usize, usual: u8, other: usize) -> Vec<u8> {
        (0..length).map(|at| if at == other { 0b0010_0100 } else { usual }).collect()
    }

    #[test]
    fn whole_words_say_what_single_bits_say() {
        for (length, usual, other) in [
            (1, 0, 0),
            (9, 0, 8),
            (9, 255, 7),
            (20, 0, 17),
            (20, 255, 3),
            (18, 0, 99),
            (18, 255, 99),
        ] {
            let bytes = bytes(length, usual, other);
            let is_set = |bit: &usize| bytes[bit / 8] >> (7 - bit % 8) & 1 == 1;
            for start in 0..=length * 8 {
                for end in start..=length * 8 {
                    let all = || start..end;
                    let count = all().filter(is_set).count();
                    assert_eq!(ones(&bytes, all()) as usize, count, "{bytes:?} {start}..{end}");
                    for set in [true, false] {
                        let place = all().find(|bit| is_set(bit) == set);
                        assert_eq!(first(&bytes, all(), set), place, "{bytes:?} {start}..{end}");
                    }
                }
            }
        }
    }
}
