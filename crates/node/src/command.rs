//! Commands as bytes: in forwarded runs, in agreed entries and in merged entries.

use crate::api::{Command, Condition, SetIf};
use crate::keys::Row;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

const SET: u8 = 1;
const DEL: u8 = 2;
const SET_IF: u8 = 3;

const ALWAYS: u8 = 0;
const ABSENT: u8 = 1;
const PRESENT: u8 = 2;
const EQUALS: u8 = 3;

/// A write, borrowed from the bytes that carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write<'a> {
    /// Give a key a value.
    Set(&'a [u8], &'a [u8]),
    /// Give a key a value, depending on what is there.
    SetIf(SetWhen<'a>),
    /// Remove keys.
    Del(Row<'a>),
}

impl Write<'_> {
    /// How many keys it writes.
    pub(crate) fn keys(&self) -> usize {
        if let Write::Del(keys) = self { keys.len() } else { 1 }
    }

    /// How many bytes it moves, but for small ones.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Write::Set(_, value) => value.len(),
            Write::SetIf(set) => {
                let expected = if let When::Equals(value) = set.when { value.len() } else { 0 };
                set.value.len() + expected
            }
            Write::Del(_) => 0,
        }
    }
}

/// A [`SetIf`], borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetWhen<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) when: When<'a>,
    pub(crate) get: bool,
}

/// A [`Condition`], borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When<'a> {
    Always,
    Absent,
    Present,
    Equals(&'a [u8]),
}

impl When<'_> {
    /// Whether it holds of what is there.
    pub(crate) fn holds(self, value: Option<&[u8]>) -> bool {
        match self {
            When::Always => true,
            When::Absent => value.is_none(),
            When::Present => mutant!(PresentTakenForAlways, value.is_some(), true),
            When::Equals(expected) => value == Some(expected),
        }
    }
}

/// Appends a write.
pub(crate) fn encode(command: &Command, out: &mut Vec<u8>) {
    match command {
        Command::Set(key, value) => {
            out.push(SET);
            put_bytes(out, key);
            put_bytes(out, value);
        }
        Command::SetIf(set) => encode_set_if(set, out),
        Command::Del(keys) => {
            out.push(DEL);
            put_uint(out, keys.len() as u64);
            keys.encode(out);
        }
        Command::Get(_) | Command::Exists(_) => panic!("a read is never written to a log"),
    }
}

fn encode_set_if(set: &SetIf, out: &mut Vec<u8>) {
    out.push(SET_IF);
    put_bytes(out, &set.key);
    put_bytes(out, &set.value);
    out.push(u8::from(set.get));
    out.push(match &set.condition {
        Condition::Always => ALWAYS,
        Condition::Absent => ABSENT,
        Condition::Present => PRESENT,
        Condition::Equals(_) => EQUALS,
    });
    if let Condition::Equals(expected) = &set.condition {
        put_bytes(out, expected);
    }
}

/// Reads one write.
pub(crate) fn decode<'a>(reader: &mut Reader<'a>) -> Result<Write<'a>, Malformed> {
    match reader.byte()? {
        SET => Ok(Write::Set(reader.bytes()?, reader.bytes()?)),
        DEL => {
            let count = reader.count()?;
            Row::read(count, reader).map(Write::Del)
        }
        SET_IF => decode_set_when(reader).map(Write::SetIf),
        _ => Err(Malformed),
    }
}

fn decode_set_when<'a>(reader: &mut Reader<'a>) -> Result<SetWhen<'a>, Malformed> {
    let (key, value) = (reader.bytes()?, reader.bytes()?);
    let get = reader.flag()?;
    let when = match reader.byte()? {
        ALWAYS => When::Always,
        ABSENT => When::Absent,
        PRESENT => When::Present,
        EQUALS => When::Equals(reader.bytes()?),
        _ => return Err(Malformed),
    };
    Ok(SetWhen { key, value, when, get })
}

/// Whether these bytes, a write that was encoded, say SET.
#[cfg(feature = "mutants")]
pub(crate) fn is_set(write: &[u8]) -> bool {
    write.first() == Some(&SET)
}

/// How many bytes a command takes, near enough for limits.
pub(crate) fn weight(command: &Command) -> usize {
    16 + match command {
        Command::Get(key) => key.len(),
        Command::Set(key, value) => key.len() + value.len(),
        Command::SetIf(set) => {
            let expected = match &set.condition {
                Condition::Equals(expected) => expected.len(),
                Condition::Always | Condition::Absent | Condition::Present => 0,
            };
            set.key.len() + set.value.len() + expected
        }
        Command::Exists(keys) | Command::Del(keys) => keys.size() + 8 * keys.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use bytes::Bytes;

    #[test]
    fn writes_come_back() {
        let set = Command::Set(Bytes::from_static(b"k"), Bytes::from_static(b"\0v\r\n"));
        let del = Command::Del(Keys::new(["k", ""]));
        let mut out = vec![];
        encode(&set, &mut out);
        encode(&del, &mut out);
        let mut reader = Reader::new(&out);
        assert_eq!(decode(&mut reader), Ok(Write::Set(b"k", b"\0v\r\n")));
        let Ok(Write::Del(keys)) = decode(&mut reader) else { panic!("it was a DEL") };
        assert_eq!(keys.iter().collect::<Vec<_>>(), [&b"k"[..], b""]);
        assert!(reader.is_empty());
        assert_eq!(decode(&mut Reader::new(&[9])), Err(Malformed));
    }

    #[test]
    fn conditions_come_back() {
        let expected = Bytes::from_static(b"old");
        let conditions = [
            (Condition::Always, When::Always),
            (Condition::Absent, When::Absent),
            (Condition::Present, When::Present),
            (Condition::Equals(expected), When::Equals(b"old")),
        ];
        for ((condition, when), get) in conditions.into_iter().zip([true, false, true, false]) {
            let (key, value) = (Bytes::from_static(b"k"), Bytes::from_static(b"v"));
            let set = Command::SetIf(Box::new(SetIf { key, value, condition, get }));
            let mut out = vec![];
            encode(&set, &mut out);
            let write = Write::SetIf(SetWhen { key: b"k", value: b"v", when, get });
            assert_eq!(decode(&mut Reader::new(&out)), Ok(write));
            for end in 0..out.len() {
                assert_eq!(decode(&mut Reader::new(&out[..end])), Err(Malformed), "cut at {end}");
            }
        }
    }

    #[test]
    fn a_condition_is_about_what_is_there() {
        let holds = |when: When<'_>| [None, Some(&b"old"[..]), Some(b"")].map(|it| when.holds(it));
        assert_eq!(holds(When::Always), [true, true, true]);
        assert_eq!(holds(When::Absent), [true, false, false]);
        assert_eq!(holds(When::Present), [false, true, true]);
        assert_eq!(holds(When::Equals(b"old")), [false, true, false]);
        assert_eq!(holds(When::Equals(b"")), [false, false, true], "an empty value is a value");
    }
}
