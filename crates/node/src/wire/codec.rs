//! Bytes of records and messages: variable-length integers and length-prefixed byte strings.
//!
//! Everything that a node writes to its disk or sends to a peer is built from these two. Reading
//! never panics: what does not parse is [`Malformed`].

/// Bytes that are not what they claim to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Appends an unsigned integer, seven bits a byte, low bits first (LEB128).
pub(crate) fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a byte string behind its length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a random number, which seven bits a byte would only make longer.
pub(crate) fn put_fixed(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// The greatest number of anything that is counted: boots, indexes, terms, sequences. Nothing
/// reaches it by counting, and sums of a few of them do not overflow.
pub(crate) const NUMBER_MAX: u64 = 1 << 56;

/// Reads what [`put_uint`] and [`put_bytes`] wrote.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*first)
    }

    /// One byte that says yes or no.
    pub(crate) fn flag(&mut self) -> Result<bool, Malformed> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    #[inline]
    pub(crate) fn uint(&mut self) -> Result<u64, Malformed> {
        match self.rest.split_first() {
            // Nearly all numbers are so small.
            Some((first, rest)) if *first < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*first))
            }
            _ => self.long_uint(),
        }
    }

    fn long_uint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Malformed);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    /// A number of something that is counted: at most [`NUMBER_MAX`].
    pub(crate) fn number(&mut self) -> Result<u64, Malformed> {
        self.uint().and_then(|value| if value <= NUMBER_MAX { Ok(value) } else { Err(Malformed) })
    }

    /// What [`put_fixed`] wrote.
    pub(crate) fn fixed(&mut self) -> Result<u64, Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.uint()?).map_err(|_| Malformed)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// A count of things that each take at least one byte, so that a lying count cannot make
    /// anyone reserve more memory than the bytes received.
    #[inline]
    pub(crate) fn count(&mut self) -> Result<usize, Malformed> {
        let count = usize::try_from(self.uint()?).map_err(|_| Malformed)?;
        if count > self.rest.len() { Err(Malformed) } else { Ok(count) }
    }

    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_strings_come_back() {
        let mut out = vec![];
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            put_uint(&mut out, value);
        }
        put_bytes(&mut out, b"key");
        put_fixed(&mut out, u64::MAX - 1);
        let mut reader = Reader::new(&out);
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            assert_eq!(reader.uint(), Ok(value));
        }
        assert_eq!(reader.bytes(), Ok(&b"key"[..]));
        assert_eq!(reader.fixed(), Ok(u64::MAX - 1));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn lies_are_malformed() {
        assert_eq!(Reader::new(&[]).uint(), Err(Malformed));
        assert_eq!(Reader::new(&[0x80]).uint(), Err(Malformed));
        assert_eq!(Reader::new(&[0xff; 10]).uint(), Err(Malformed));
        assert_eq!(Reader::new(&[5, 1, 2]).bytes(), Err(Malformed));
        assert_eq!(Reader::new(&[9]).count(), Err(Malformed));
        assert_eq!(Reader::new(&[1]).end(), Err(Malformed));
        assert_eq!(Reader::new(&[2]).flag(), Err(Malformed));
        assert_eq!(Reader::new(&[1; 7]).fixed(), Err(Malformed));
        let mut out = vec![];
        put_uint(&mut out, NUMBER_MAX);
        put_uint(&mut out, NUMBER_MAX + 1);
        let mut reader = Reader::new(&out);
        assert_eq!((reader.number(), reader.number()), (Ok(NUMBER_MAX), Err(Malformed)));
    }
}
