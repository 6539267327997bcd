//! How many data a text can hold: what reading it takes is known before it is read.

/// How many data a text holds at most: what stands between blanks and brackets, and these.
pub(super) fn words(text: &str) -> usize {
    let (mut count, mut before) = (0, ENDS);
    for byte in text.bytes() {
        let kind = KINDS[usize::from(byte)];
        count += usize::from((kind >> 1) | (before & !kind & 1));
        before = kind;
    }
    count
}

/// A byte that is no part of a word, and one that begins a datum by itself.
const ENDS: u8 = 1;
const OPENS: u8 = 2;

/// What each byte is, so that words are counted without a branch.
const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'[' | b'{' | b'(' | b'"' | b'\\' => OPENS | ENDS,
            0..=b' ' | b',' | b']' | b'}' | b')' => ENDS,
            _ => 0,
        };
        byte += 1;
    }
    kinds
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_blanks_and_brackets_is_counted() {
        for (text, count) in [
            ("", 0),
            (" a bc,d ", 3),
            ("{:f :read, :value [1 2]}", 7),
            ("\"a b\" \\c", 6),
            ("}}x", 1),
        ] {
            assert_eq!(words(text), count, "{text}");
        }
    }
}
