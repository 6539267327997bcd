//! What is kept of a command that ran once, in the form in which it lies in memory and in
//! snapshots.
//!
//! ```text
//!   [command in 16 bytes, index, offset, by, answer]
//!       by: 0 it looked at no value │ 1 nothing was there │ 2, index, offset
//!   answer: 0 not kept │ 1 OK │ 2 nil │ 3 value │ 4 number in 8 bytes │ 5 "string" │ 6 "none"
//!           7, count, answer, … │ 8 error
//! ```

use bytes::Bytes;

use crate::commands::Answer;
use crate::ids::Index;
use crate::position::AgreedPosition;
use crate::reply::{Error, Reply};
use crate::wire::codec::{Malformed, Reader, put_bytes, put_fixed, put_uint};

/// The longest answer that is kept, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 10;
/// How deep arrays may stand in each other: a list of commands has one, and MGET another in it.
const DEPTH_MAX: usize = 4;

const NOT_KEPT: u8 = 0;
const OK: u8 = 1;
const NIL: u8 = 2;
const VALUE: u8 = 3;
const INTEGER: u8 = 4;
const STRING: u8 = 5;
const NONE: u8 = 6;
const ARRAY: u8 = 7;
const ERROR: u8 = 8;

/// What is kept of a command that ran once.
pub(super) struct Kept {
    /// What tells it from others.
    pub(super) command: u128,
    /// Where its answer stands.
    pub(super) position: AgreedPosition,
    /// The answer, unless it was too long.
    pub(super) answer: Option<Answer>,
}

impl Kept {
    /// The bytes of it.
    pub(super) fn encode(
        command: u128,
        position: AgreedPosition,
        reply: &Reply,
        by: Option<Option<AgreedPosition>>,
    ) -> Vec<u8> {
        let mut out = command.to_le_bytes().to_vec();
        put_position(position, &mut out);
        match by {
            None => out.push(0),
            Some(None) => out.push(1),
            Some(Some(at)) => {
                out.push(2);
                put_position(at, &mut out);
            }
        }
        let start = out.len();
        let is_known = put_reply(reply, &mut out);
        if !is_known || mutant!(LongAnswersKept, out.len() - start > ANSWER_BYTES_MAX, false) {
            out.truncate(start);
            out.push(NOT_KEPT);
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Kept, Malformed> {
        let mut reader = Reader::new(bytes);
        let low = u128::from(reader.fixed()?);
        let command = low | u128::from(reader.fixed()?) << 64;
        let position = read_position(&mut reader)?;
        let by = match reader.byte()? {
            0 => None,
            1 => Some(None),
            2 => Some(Some(read_position(&mut reader)?)),
            _ => return Err(Malformed),
        };
        let reply = match reader.rest() {
            [NOT_KEPT] => None,
            _ => {
                let reply = read_reply(&mut reader, 0)?;
                reader.end()?;
                Some(reply)
            }
        };
        Ok(Kept { command, position, answer: reply.map(|reply| Answer { reply, by }) })
    }

    /// Where the answer stands, without the rest.
    pub(super) fn position_of(bytes: &[u8]) -> AgreedPosition {
        read_position(&mut Reader::new(&bytes[16..])).expect("it was encoded, or checked")
    }

    /// What the answer counts: the bytes of its values, and its items.
    pub(super) fn values_bytes(&self) -> usize {
        self.answer.as_ref().map_or(0, |answer| values_bytes(&answer.reply))
    }
}

/// What each item of an array counts beside its values, in bytes.
const ITEM_BYTES: usize = 64;

fn values_bytes(reply: &Reply) -> usize {
    match reply {
        Reply::Value(value) => value.len(),
        Reply::Array(all) => all.iter().map(|one| ITEM_BYTES + values_bytes(one)).sum(),
        _ => 0,
    }
}

fn put_position(at: AgreedPosition, out: &mut Vec<u8>) {
    put_uint(out, at.index.0);
    put_uint(out, u64::from(at.offset));
}

fn read_position(reader: &mut Reader<'_>) -> Result<AgreedPosition, Malformed> {
    let index = Index(reader.number()?);
    let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
    Ok(AgreedPosition { index, offset })
}

/// Appends a reply; false: it is none that a command of the log gives.
fn put_reply(reply: &Reply, out: &mut Vec<u8>) -> bool {
    match reply {
        Reply::Ok => out.push(OK),
        Reply::Nil => out.push(NIL),
        // It would not be kept.
        Reply::Value(value) if value.len() > 2 * ANSWER_BYTES_MAX => return false,
        Reply::Value(value) => {
            out.push(VALUE);
            put_bytes(out, value);
        }
        Reply::Integer(number) => {
            out.push(INTEGER);
            put_fixed(out, *number as u64);
        }
        Reply::Status("string") => out.push(STRING),
        Reply::Status("none") => out.push(NONE),
        Reply::Array(all) => {
            out.push(ARRAY);
            put_uint(out, all.len() as u64);
            return all.iter().all(|one| out.len() <= 2 * ANSWER_BYTES_MAX && put_reply(one, out));
        }
        Reply::Error(Error::Invalid(text)) => {
            out.push(ERROR);
            put_bytes(out, text.as_bytes());
        }
        Reply::Status(_) | Reply::Map(_) | Reply::Error(_) => return false,
    }
    true
}

fn read_reply(reader: &mut Reader<'_>, depth: usize) -> Result<Reply, Malformed> {
    Ok(match reader.byte()? {
        OK => Reply::Ok,
        NIL => Reply::Nil,
        VALUE => Reply::Value(Bytes::copy_from_slice(reader.bytes()?)),
        INTEGER => Reply::Integer(reader.fixed()? as i64),
        STRING => Reply::Status("string"),
        NONE => Reply::Status("none"),
        ARRAY if depth < DEPTH_MAX => {
            let count = reader.count()?;
            let all = (0..count).map(|_| read_reply(reader, depth + 1));
            Reply::Array(all.collect::<Result<_, _>>()?)
        }
        ERROR => {
            let text = str::from_utf8(reader.bytes()?).map_err(|_| Malformed)?;
            Reply::Error(Error::Invalid(text.into()))
        }
        _ => return Err(Malformed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(index: u64, offset: u32) -> AgreedPosition {
        AgreedPosition { index: Index(index), offset }
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_cut_does_not() {
        let value = Reply::Value(Bytes::from_static(b"value"));
        let all = Reply::Array(vec![value.clone(), Reply::Array(vec![Reply::Nil])]);
        let error = Reply::Error(Error::Invalid("no number".into()));
        let words = [Reply::Status("string"), Reply::Status("none")];
        let replies = [Reply::Ok, Reply::Nil, Reply::Integer(-7), value, all, error];
        for reply in replies.into_iter().chain(words) {
            for by in [None, Some(None), Some(Some(at(300, 2)))] {
                let bytes = Kept::encode(u128::MAX - 5, at(700, 3), &reply, by);
                let kept = Kept::decode(&bytes).unwrap();
                assert_eq!((kept.command, kept.position), (u128::MAX - 5, at(700, 3)));
                assert_eq!(Kept::position_of(&bytes), at(700, 3));
                assert_eq!(kept.answer, Some(Answer { reply: reply.clone(), by }));
                for end in 0..bytes.len() {
                    let cut = Kept::decode(&bytes[..end]);
                    assert!(cut.is_err(), "{reply:?} cut at {end}");
                }
            }
        }
    }

    #[test]
    fn a_long_answer_is_not_kept() {
        let kept = |bytes: usize| {
            let reply = Reply::Value(vec![b'v'; bytes].into());
            let bytes = Kept::encode(1, at(1, 0), &reply, None);
            Kept::decode(&bytes).unwrap().values_bytes()
        };
        assert_eq!((kept(ANSWER_BYTES_MAX - 4), kept(ANSWER_BYTES_MAX)), (ANSWER_BYTES_MAX - 4, 0));
        let other = Reply::Error(Error::TryAgain("later"));
        let bytes = Kept::encode(1, at(1, 0), &other, None);
        assert!(Kept::decode(&bytes).unwrap().answer.is_none());
    }
}
