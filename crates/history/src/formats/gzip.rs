//! Inflates gzip (RFC 1952) and the deflate data inside (RFC 1951), so that compressed histories
//! need no other program.

/// The bytes that a gzip file holds, `None` if there are more than that; several members follow one
/// another.
pub(super) fn inflate(bytes: &[u8], bytes_max: usize) -> Result<Option<Vec<u8>>, String> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let data = behind_header(rest).ok_or("the gzip header is damaged")?;
        let start = out.len();
        let mut bits = Bits { bytes: data, at: 0, held: 0, count: 0 };
        inflate_blocks(&mut bits, &mut out, bytes_max)?;
        if out.len() > bytes_max {
            return Ok(None);
        }
        let trailer = data.get(bits.at..bits.at + 8).ok_or("the gzip file is cut off")?;
        let number = |four: &[u8]| four.iter().rev().fold(0_u32, |n, &b| n << 8 | u32::from(b));
        if number(&trailer[..4]) != crc32(&out[start..]) {
            return Err("the gzip file is damaged: its checksum differs".to_string());
        }
        if number(&trailer[4..]) != (out.len() - start) as u32 {
            return Err("the gzip file is damaged: its length differs".to_string());
        }
        rest = &data[bits.at + 8..];
    }
    Ok(Some(out))
}

/// What follows the header of a member.
fn behind_header(bytes: &[u8]) -> Option<&[u8]> {
    const CRC: u8 = 2;
    const EXTRA: u8 = 4;
    const NAME: u8 = 8;
    const COMMENT: u8 = 16;
    let flags = *bytes.get(3)?;
    if bytes[..3] != [0x1f, 0x8b, 8] {
        return None;
    }
    let mut at = 10;
    if flags & EXTRA != 0 {
        at += 2 + usize::from(*bytes.get(at)?) + usize::from(*bytes.get(at + 1)?) * 256;
    }
    for flag in [NAME, COMMENT] {
        if flags & flag != 0 {
            at += bytes.get(at..)?.iter().position(|&byte| byte == 0)? + 1;
        }
    }
    bytes.get(at + if flags & CRC != 0 { 2 } else { 0 }..)
}

/// Bits, the least first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    held: u64,
    count: u32,
}

const CUT_OFF: &str = "the gzip file is cut off";
const DAMAGED: &str = "the gzip file is damaged";

impl Bits<'_> {
    fn fill(&mut self) {
        while self.count <= 56
            && let Some(&byte) = self.bytes.get(self.at)
        {
            self.held |= u64::from(byte) << self.count;
            self.count += 8;
            self.at += 1;
        }
    }

    fn take(&mut self, count: u32) -> Result<usize, &'static str> {
        self.fill();
        if self.count < count {
            return Err(CUT_OFF);
        }
        let value = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.count -= count;
        Ok(value as usize)
    }

    /// Goes on at the next whole byte, giving back those that were only looked at.
    fn align(&mut self) {
        self.at -= (self.count / 8) as usize;
        (self.held, self.count) = (0, 0);
    }
}

/// A Huffman code: how many codes each length has, and the symbols in order of their codes.
struct Code {
    counts: [u16; 16],
    symbols: Vec<u16>,
}

impl Code {
    fn new(lengths: &[u8]) -> Code {
        let mut counts = [0; 16];
        lengths.iter().for_each(|&length| counts[usize::from(length)] += 1);
        counts[0] = 0;
        let mut next = [0_u16; 16];
        for length in 1..16 {
            next[length] = next[length - 1] + counts[length - 1];
        }
        let mut symbols = vec![0; lengths.len()];
        for (symbol, &length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
            symbols[usize::from(next[usize::from(length)])] = symbol as u16;
            next[usize::from(length)] += 1;
        }
        Code { counts, symbols }
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Result<usize, &'static str> {
        let (mut code, mut first, mut index) = (0_i32, 0_i32, 0_i32);
        for &count in &self.counts[1..] {
            code |= bits.take(1)? as i32;
            let count = i32::from(count);
            if code - first < count {
                return Ok(usize::from(self.symbols[(index + code - first) as usize]));
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(DAMAGED)
    }
}

/// Inflates the blocks of a member, or as many as it takes to have more than `bytes_max`.
fn inflate_blocks(bits: &mut Bits<'_>, out: &mut Vec<u8>, bytes_max: usize) -> Result<(), String> {
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(bits, out)?,
            1 => {
                let mut lengths = [8_u8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                let (literals, distances) = (Code::new(&lengths), Code::new(&[5; 30]));
                compressed(bits, out, bytes_max, &literals, &distances)?;
            }
            2 => {
                let (literals, distances) = codes(bits)?;
                compressed(bits, out, bytes_max, &literals, &distances)?;
            }
            _ => return Err(DAMAGED.to_string()),
        }
        if out.len() > bytes_max {
            return Ok(());
        }
        if is_last {
            bits.align();
            return Ok(());
        }
    }
}

fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>) -> Result<(), &'static str> {
    bits.align();
    let head = bits.bytes.get(bits.at..bits.at + 4).ok_or(CUT_OFF)?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8;
    if head[0] != !head[2] || head[1] != !head[3] {
        return Err(DAMAGED);
    }
    bits.at += 4;
    out.extend_from_slice(bits.bytes.get(bits.at..bits.at + length).ok_or(CUT_OFF)?);
    bits.at += length;
    Ok(())
}

/// The codes that a block brings along.
fn codes(bits: &mut Bits<'_>) -> Result<(Code, Code), &'static str> {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let literals = bits.take(5)? + 257;
    let distances = bits.take(5)? + 1;
    let known = bits.take(4)? + 4;
    let mut lengths = [0_u8; 19];
    for &place in &ORDER[..known] {
        lengths[place] = bits.take(3)? as u8;
    }
    let code = Code::new(&lengths);
    let mut lengths: Vec<u8> = Vec::new();
    while lengths.len() < literals + distances {
        let (length, times) = match code.symbol(bits)? {
            16 => (*lengths.last().ok_or(DAMAGED)?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length as u8, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    if lengths.len() > literals + distances {
        return Err(DAMAGED);
    }
    Ok((Code::new(&lengths[..literals]), Code::new(&lengths[literals..])))
}

fn compressed(
    bits: &mut Bits<'_>,
    out: &mut Vec<u8>,
    bytes_max: usize,
    literals: &Code,
    distances: &Code,
) -> Result<(), &'static str> {
    const LENGTHS: [u16; 29] = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115,
        131, 163, 195, 227, 258,
    ];
    const LENGTH_BITS: [u8; 29] =
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    const DISTANCES: [u16; 30] = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
        2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ];
    loop {
        match literals.symbol(bits)? {
            byte @ 0..=255 => out.push(byte as u8),
            256 => return Ok(()),
            symbol => {
                let row = symbol - 257;
                let base = *LENGTHS.get(row).ok_or(DAMAGED)?;
                let length = usize::from(base) + bits.take(u32::from(LENGTH_BITS[row]))?;
                let row = distances.symbol(bits)?;
                let base = *DISTANCES.get(row).ok_or(DAMAGED)?;
                let more = u32::try_from(row / 2).unwrap_or(0).saturating_sub(1);
                let distance = usize::from(base) + bits.take(more)?;
                let from = out.len().checked_sub(distance).ok_or(DAMAGED)?;
                // What is copied may overlap what is written.
                (from..from + length).for_each(|at| out.push(out[at]));
            }
        }
        if out.len() > bytes_max {
            return Ok(());
        }
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| {
            (0..8).fold(byte, |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
        })
        .collect();
    !bytes.iter().fold(!0, |crc, &byte| crc >> 8 ^ table[(crc as u8 ^ byte) as usize])
}
