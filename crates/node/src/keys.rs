//! The keys of one command, in one piece: a million of them are one allocation, and go as fast as they came.

use bytes::Bytes;

use crate::codec::{Malformed, Reader, put_bytes};

/// Keys in the order in which a command names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    count: usize,
    /// Each behind its length, as the log and messages have them.
    bytes: Bytes,
}

impl Keys {
    /// A copy of these keys.
    pub fn new<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Keys {
        Keys::with_size(0, keys)
    }

    /// A copy of these keys, which take about so many bytes, lengths included.
    pub fn with_size<K: AsRef<[u8]>>(size: usize, keys: impl IntoIterator<Item = K>) -> Keys {
        let (mut count, mut bytes) = (0, Vec::with_capacity(size));
        for key in keys {
            put_bytes(&mut bytes, key.as_ref());
            count += 1;
        }
        Keys { count, bytes: bytes.into() }
    }

    /// How many there are; one that is named twice counts twice.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.row().iter()
    }

    /// How many bytes they take.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn row(&self) -> Row<'_> {
        Row { count: self.count, bytes: &self.bytes }
    }
}

/// Keys, borrowed from the bytes that carry them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Row<'a> {
    /// Reads so many keys: from here on they are known to be whole.
    pub(crate) fn read(count: usize, reader: &mut Reader<'a>) -> Result<Row<'a>, Malformed> {
        let all = reader.rest();
        for _ in 0..count {
            reader.bytes()?;
        }
        Ok(Row { count, bytes: &all[..all.len() - reader.rest().len()] })
    }

    pub(crate) fn len(self) -> usize {
        self.count
    }

    /// The keys as bytes, each behind its length.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> {
        self.beyond(0)
    }

    /// The keys from this byte on, which is the first of one.
    pub(crate) fn beyond(self, start: usize) -> Iter<'a> {
        Iter { reader: Reader::new(&self.bytes[start..]) }
    }
}

/// Goes through keys.
#[derive(Debug)]
pub(crate) struct Iter<'a> {
    reader: Reader<'a>,
}

impl Iter<'_> {
    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.reader.rest().len()
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let whole = "keys are whole since they were put together or read";
        (!self.reader.is_empty()).then(|| self.reader.bytes().expect(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back() {
        let keys = Keys::new(["a", "", "a"]);
        assert_eq!((keys.len(), keys.is_empty(), Keys::default().is_empty()), (3, false, true));
        assert_eq!(keys.iter().collect::<Vec<_>>(), [&b"a"[..], b"", b"a"]);
        let mut reader = Reader::new(&keys.bytes);
        let row = Row::read(2, &mut reader).unwrap();
        assert_eq!((row.len(), row.iter().count(), reader.rest()), (2, 2, &b"\x01a"[..]));
        let mut rest = keys.row().beyond(2);
        assert_eq!((rest.next(), rest.left()), (Some(&b""[..]), 2));
        assert_eq!(Row::read(4, &mut Reader::new(&keys.bytes)), Err(Malformed));
    }
}
