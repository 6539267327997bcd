//! The trace of a world: a hash over everything that happens, and the story in words if it is
//! wanted.

/// Hashes what happens, in order.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    hash: u64,
    story: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(seed: u64, tells: bool) -> Trace {
        let mut trace = Trace { hash: 0, story: tells.then(Vec::new) };
        trace.number(seed);
        trace
    }

    pub(crate) fn number(&mut self, number: u64) {
        // Multiply and fold: every bit in reaches every bit out (as foldhash and wyhash do).
        let mixed = u128::from(self.hash ^ number ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(0xd6e8_feb8_6659_fd93_u64 ^ self.hash.rotate_left(32));
        self.hash = (mixed as u64) ^ ((mixed >> 64) as u64) ^ self.hash.rotate_left(23);
    }

    pub(crate) fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|number| self.number(*number));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.number(u64::from_le_bytes(word));
        }
    }

    /// Adds a line to the story, if there is one. The line is part of no hash.
    pub(crate) fn tell(&mut self, now_us: u64, line: impl FnOnce() -> String) {
        if let Some(story) = &mut self.story {
            let (ms, us) = (now_us / 1000, now_us % 1000);
            story.push(format!("{ms:>6}.{us:03}  {}", line()));
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn into_story(self) -> Vec<String> {
        self.story.unwrap_or_default()
    }
}

/// A hash of these bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut trace = Trace::new(0, false);
    trace.bytes(bytes);
    trace.hash()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[&[u8]]) -> u64 {
        let mut trace = Trace::new(1, false);
        parts.iter().for_each(|part| trace.bytes(part));
        trace.hash()
    }

    #[test]
    fn order_bounds_and_content_matter() {
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"c", b"ab"]));
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_ne!(hash(&[b"ab"]), hash(&[b"ab\0"]));
    }
}
