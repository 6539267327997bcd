//! The slot of a key: Redis Cluster's CRC16 (XMODEM) over the key or its hash tag, modulo 16,384.

/// How many slots there are.
pub(crate) const COUNT: usize = 1 << BITS;
/// The bits of its number.
pub(crate) const BITS: u32 = 14;

/// What a byte makes of the checksum with so many more bytes behind it.
const TABLES: [[u16; 256]; 4] = tables();

const fn tables() -> [[u16; 256]; 4] {
    let mut tables = [[0u16; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 4 * 8 {
            crc = if crc & 0x8000 != 0 { (crc << 1) ^ 0x1021 } else { crc << 1 };
            bit += 1;
            if bit % 8 == 0 {
                tables[bit / 8 - 1][byte] = crc;
            }
        }
        byte += 1;
    }
    tables
}

/// Four bytes at a time: one by one each would wait for the one before.
fn crc16(bytes: &[u8]) -> u16 {
    let (fours, rest) = bytes.as_chunks::<4>();
    let of_fours = fours.iter().fold(0u16, |crc, [a, b, c, d]| {
        let [high, low] = crc.to_be_bytes();
        TABLES[3][usize::from(a ^ high)]
            ^ TABLES[2][usize::from(b ^ low)]
            ^ TABLES[1][usize::from(*c)]
            ^ TABLES[0][usize::from(*d)]
    });
    rest.iter().fold(of_fours, after)
}

/// The checksum with one byte more.
fn after(crc: u16, byte: &u8) -> u16 {
    (crc << 8) ^ TABLES[0][usize::from((crc >> 8) as u8 ^ byte)]
}

/// The part of a key that decides its slot: what stands between the first `{` and the next `}`,
/// unless that is nothing.
fn hash_tag(key: &[u8]) -> &[u8] {
    if !may_have(key, b'{') {
        return key;
    }
    let Some(open) = key.iter().position(|byte| *byte == b'{') else { return key };
    match key[open + 1..].iter().position(|byte| *byte == b'}') {
        Some(length) if length > 0 => &key[open + 1..open + 1 + length],
        _ => key,
    }
}

/// Whether this byte may be among these: eight at a time, since most keys have no tag. (A word has
/// a zero byte if a borrow runs into its high bits: Mycroft's test.)
fn may_have(bytes: &[u8], byte: u8) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    let (eights, rest) = bytes.as_chunks::<8>();
    let is_among = |eight: &[u8; 8]| {
        let zero_if = u64::from_ne_bytes(*eight) ^ (LOW * u64::from(byte));
        zero_if.wrapping_sub(LOW) & !zero_if & (LOW << 7) != 0
    };
    eights.iter().any(is_among) || rest.contains(&byte)
}

/// The slot of a key.
pub(crate) fn of(key: &[u8]) -> usize {
    usize::from(crc16(hash_tag(key))) % COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis_cluster() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        assert_eq!(of(b"{user1000}.following"), 3443);
        assert_eq!(of(b"foo{}{bar}"), 8363);
        assert_eq!(of(b"{user1000}.followers"), of(b"{user1000}.following"));
        assert_eq!(of(b""), 0);
    }

    #[test]
    fn a_tag_is_found_wherever_it_stands() {
        for length in 1..40 {
            let mut key = vec![b'z'; length];
            assert_eq!(hash_tag(&key), key);
            key.extend(*b"{tag}and more");
            assert_eq!(hash_tag(&key), b"tag", "behind {length} bytes");
        }
    }

    #[test]
    fn four_bytes_at_a_time_are_the_same_as_one() {
        let bytes: Vec<u8> = (0..64u8).map(|n| n.wrapping_mul(151)).collect();
        for end in 0..bytes.len() {
            assert_eq!(crc16(&bytes[..end]), bytes[..end].iter().fold(0, after), "{end} bytes");
        }
    }
}
