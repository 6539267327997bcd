//! The slot of a key: Redis Cluster's CRC16 (XMODEM) over the key or its hash tag, modulo 16,384.

/// How many slots there are.
pub(crate) const COUNT: usize = 1 << BITS;
/// The bits of its number.
pub(crate) const BITS: u32 = 14;

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0u16; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 != 0 { (crc << 1) ^ 0x1021 } else { crc << 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| (crc << 8) ^ TABLE[usize::from((crc >> 8) as u8 ^ byte)])
}

/// The part of a key that decides its slot: what stands between the first `{` and the next `}`,
/// unless that is nothing.
fn hash_tag(key: &[u8]) -> &[u8] {
    let Some(open) = key.iter().position(|byte| *byte == b'{') else { return key };
    match key[open + 1..].iter().position(|byte| *byte == b'}') {
        Some(length) if length > 0 => &key[open + 1..open + 1 + length],
        _ => key,
    }
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
}
