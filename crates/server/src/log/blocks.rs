//! Whole blocks of a file: what the disk takes without a copy in the system's cache.
//!
//! Writing through the cache costs the processor a copy, and fresh memory for each page of the log,
//! which nobody reads before the next start. So zeros and frames go past it, from memory that
//! begins at a block. A frame seldom begins at one: what is written begins with what lies in that
//! block already, byte for byte, and ends with the zeros behind it.

/// The size of a block, and what memory that is written begins at a multiple of.
pub(super) const BLOCK_BYTES: usize = 4096;
/// Memory kept for the next write; what a great one needed beyond that is given back.
const BYTES_KEPT: usize = 4 << 20;

/// Bytes of a file in memory that begins at a block.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    memory: Vec<u8>,
    /// Where the bytes begin in it.
    start: usize,
    /// Where they begin in the file.
    offset: u64,
}

impl Blocks {
    /// So many zeros.
    pub(super) fn zeros(length: usize) -> Blocks {
        let mut blocks = Blocks::default();
        blocks.reserve(length);
        blocks.memory.resize(blocks.start + length, 0);
        blocks
    }

    /// The bytes, and where in the file they lie.
    pub(super) fn bytes(&self) -> (&[u8], u64) {
        (&self.memory[self.start..], self.offset)
    }

    /// Where they end in the file.
    fn end(&self) -> u64 {
        self.offset + (self.memory.len() - self.start) as u64
    }

    /// What comes next is for another file.
    pub(super) fn forget(&mut self) {
        self.memory.truncate(self.start);
        self.offset = u64::MAX;
    }

    /// Keeps what is known of the block in which `end` lies, up to there, and makes room for so
    /// many bytes behind it.
    pub(super) fn go_on_at(&mut self, end: u64, room: usize) -> &mut Vec<u8> {
        if !(self.offset..=self.end()).contains(&end) {
            // Another segment, or one of which nothing was written yet since the start.
            self.memory.truncate(self.start);
            self.offset = end;
        }
        self.memory.truncate(self.start + (end - self.offset) as usize);
        let block = end - end % BLOCK_BYTES as u64;
        let done = block.saturating_sub(self.offset);
        self.memory.drain(self.start..self.start + done as usize);
        self.offset += done;
        self.reserve(room);
        &mut self.memory
    }

    /// Adds zeros up to the end of a block, but none at `limit` or behind it.
    pub(super) fn fill_up(&mut self, limit: u64) {
        let end = self.end().next_multiple_of(BLOCK_BYTES as u64).min(limit);
        let length = end.saturating_sub(self.offset) as usize;
        self.memory.resize(self.start + length, 0);
    }

    /// Makes room for so many bytes more, and for zeros behind them.
    fn reserve(&mut self, more: usize) {
        let more = more + BLOCK_BYTES;
        let has_room = self.memory.capacity() - self.memory.len() >= more;
        let is_great = self.memory.capacity() > BYTES_KEPT && more < BYTES_KEPT / 2;
        if has_room && !is_great && !self.memory.is_empty() {
            return;
        }
        let bytes = &self.memory[self.start..];
        let mut memory: Vec<u8> = Vec::with_capacity(BLOCK_BYTES + bytes.len() + more);
        let address = memory.as_ptr().addr();
        let start = address.next_multiple_of(BLOCK_BYTES) - address;
        memory.resize(start, 0);
        memory.extend_from_slice(bytes);
        (self.memory, self.start) = (memory, start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn append(blocks: &mut Blocks, end: u64, bytes: &[u8]) -> (Vec<u8>, u64) {
        blocks.go_on_at(end, bytes.len()).extend_from_slice(bytes);
        blocks.fill_up(1 << 20);
        let (bytes, offset) = blocks.bytes();
        assert_eq!(bytes.as_ptr().addr() % BLOCK_BYTES, 0, "the disk reads it from there");
        (bytes.to_vec(), offset)
    }

    #[test]
    fn what_is_written_is_whole_blocks_and_says_again_what_lies_there() {
        let mut blocks = Blocks::default();
        let mut file = vec![0; 64 << 10];
        let mut expected = file.clone();
        let mut end = BLOCK_BYTES;
        for (place, length) in [64, 4032, 64, 9000, 1, 20_000, 4096].into_iter().enumerate() {
            let bytes = vec![place as u8 + 1; length];
            expected[end..end + length].copy_from_slice(&bytes);
            let (written, offset) = append(&mut blocks, end as u64, &bytes);
            assert_eq!((written.len() % BLOCK_BYTES, offset % BLOCK_BYTES as u64), (0, 0));
            file[offset as usize..offset as usize + written.len()].copy_from_slice(&written);
            end += length;
            assert!(file == expected, "after {length} bytes");
        }
    }

    #[test]
    fn what_is_not_known_of_a_block_is_not_written() {
        let mut blocks = Blocks::default();
        let (bytes, offset) = append(&mut blocks, 5000, b"after a start");
        assert_eq!((bytes.len(), offset), (8192 - 5000, 5000));
        let (_, offset) = append(&mut blocks, 8300, b"in another segment");
        assert_eq!(offset, 8300);
        blocks.go_on_at(20_000, 20).extend_from_slice(b"the end");
        blocks.fill_up(20_007);
        assert_eq!(blocks.bytes().0.len(), 7, "nothing lies behind the limit");
    }

    #[test]
    fn what_was_not_written_after_all_is_forgotten() {
        let mut blocks = Blocks::default();
        append(&mut blocks, 4096, b"good");
        append(&mut blocks, 4100, b"refused");
        let (bytes, offset) = append(&mut blocks, 4100, b"then");
        assert_eq!((&bytes[..12], offset), (&b"goodthen\0\0\0\0"[..], 4096));
    }

    #[test]
    fn memory_that_a_great_write_needed_is_given_back() {
        let mut blocks = Blocks::default();
        append(&mut blocks, 4096, &vec![7; 16 << 20]);
        append(&mut blocks, 4096 + (16 << 20), b"small");
        assert!(blocks.memory.capacity() < 1 << 20);
    }
}
