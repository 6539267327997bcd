//! Commands as bytes: in forwarded runs, in agreed entries and in merged entries.

use bytes::Bytes;

use crate::codec::{Malformed, Reader, put_bytes, put_uint};
use crate::door::Command;

const SET: u8 = 1;
const DEL: u8 = 2;

/// A write, borrowed from the bytes that carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Write<'a> {
    /// Give a key a value.
    Set(&'a [u8], &'a [u8]),
    /// Remove keys.
    Del(Vec<&'a [u8]>),
}

/// Appends a write.
pub(crate) fn encode(command: &Command, out: &mut Vec<u8>) {
    match command {
        Command::Set(key, value) => {
            out.push(SET);
            put_bytes(out, key);
            put_bytes(out, value);
        }
        Command::Del(keys) => {
            out.push(DEL);
            put_uint(out, keys.len() as u64);
            keys.iter().for_each(|key| put_bytes(out, key));
        }
        Command::Get(_) | Command::Exists(_) => panic!("a read is never written to a log"),
    }
}

/// Reads one write.
pub(crate) fn decode<'a>(reader: &mut Reader<'a>) -> Result<Write<'a>, Malformed> {
    match reader.byte()? {
        SET => Ok(Write::Set(reader.bytes()?, reader.bytes()?)),
        DEL => {
            let count = reader.count()?;
            (0..count).map(|_| reader.bytes()).collect::<Result<_, _>>().map(Write::Del)
        }
        _ => Err(Malformed),
    }
}

/// How many bytes a command weighs, near enough for limits.
pub(crate) fn weight(command: &Command) -> usize {
    let keys = |keys: &Vec<Bytes>| keys.iter().map(Bytes::len).sum::<usize>() + 8 * keys.len();
    16 + match command {
        Command::Get(key) => key.len(),
        Command::Set(key, value) => key.len() + value.len(),
        Command::Exists(list) | Command::Del(list) => keys(list),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_come_back() {
        let set = Command::Set(Bytes::from_static(b"k"), Bytes::from_static(b"\0v\r\n"));
        let del = Command::Del(vec![Bytes::from_static(b"k"), Bytes::new()]);
        let mut out = vec![];
        encode(&set, &mut out);
        encode(&del, &mut out);
        let mut reader = Reader::new(&out);
        assert_eq!(decode(&mut reader), Ok(Write::Set(b"k", b"\0v\r\n")));
        assert_eq!(decode(&mut reader), Ok(Write::Del(vec![b"k", b""])));
        assert!(reader.is_empty());
        assert_eq!(decode(&mut Reader::new(&[9])), Err(Malformed));
    }
}
