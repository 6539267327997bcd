//! Patterns of keys as Redis has them: `*`, `?`, `[a-z]`, `[^a]`, and `\` before what is meant as
//! it stands.

/// What every text begins with that fits the pattern: all before its first wildcard.
pub(super) fn literal(pattern: &[u8]) -> Vec<u8> {
    let (mut literal, mut rest) = (vec![], pattern);
    while let [first, behind @ ..] = rest {
        let (byte, behind) = match (first, behind) {
            (b'*' | b'?' | b'[', _) => break,
            (b'\\', [escaped, behind @ ..]) => (escaped, behind),
            _ => (first, behind),
        };
        literal.push(*byte);
        rest = behind;
    }
    literal
}

/// A pattern of all that begins with this text.
pub(super) fn beginning_with(text: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| b"*?[\\".contains(byte).then_some(b'\\');
    let escaped = text.iter().flat_map(|byte| escape(byte).into_iter().chain([*byte]));
    escaped.chain([b'*']).collect()
}

/// Whether the whole text fits the pattern. Only the last `*` is ever tried anew, so the cost is at
/// most the product of both lengths.
pub(super) fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            star = Some((at, place));
            continue;
        }
        match (text.get(place), star) {
            (None, _) => return at == pattern.len(),
            (Some(byte), star_seen) => match (one(&pattern[at..], *byte), star_seen) {
                (Some(length), _) => (at, place) = (at + length, place + 1),
                // What the star stands for gets one byte longer.
                (None, Some((behind, start))) => {
                    (at, place) = (behind, start + 1);
                    star = Some((behind, start + 1));
                }
                (None, None) => return false,
            },
        }
    }
}

/// How long the first part of the pattern is, if it fits this byte.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', set @ ..] => {
            let (fits, length) = one_of(set, byte);
            fits.then_some(length + 1)
        }
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
    }
}

/// Whether the byte is in a set `…]`, and how long the set is. A set without its end goes to the
/// end.
fn one_of(set: &[u8], byte: u8) -> (bool, usize) {
    let negated = set.first() == Some(&b'^');
    let (mut at, mut found) = (usize::from(negated), false);
    loop {
        match &set[at..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', literal, ..] => {
                found |= *literal == byte;
                at += 2;
            }
            [from, b'-', to, ..] => {
                found |= (*from.min(to)..=*from.max(to)).contains(&byte);
                at += 3;
            }
            [literal, ..] => {
                found |= *literal == byte;
                at += 1;
            }
        }
    }
    (found != negated, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_redis() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("a*b*", "axxbyy"),
            ("h?llo", "hallo"),
            ("h[ae]llo", "hello"),
            ("h[^e]llo", "hallo"),
            ("h[a-c]llo", "hbllo"),
            ("h\\*llo", "h*llo"),
            ("[\\]]", "]"),
        ] {
            assert!(fits(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("a", ""), ("a*c", "abbd"), ("h?llo", "hllo"), ("h[^e]llo", "hello")]
        {
            assert!(!fits(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn what_begins_so_fits_and_nothing_else() {
        for text in ["", "user:", "a*b?c[d]\\e"] {
            let pattern = beginning_with(text.as_bytes());
            assert_eq!(literal(&pattern), text.as_bytes());
            assert!(fits(&pattern, format!("{text}more").as_bytes()));
            assert!(text.is_empty() || !fits(&pattern, b"other"));
        }
        assert_eq!(literal(b"user:[ab]"), b"user:");
        assert_eq!(literal(b"a\\*b*"), b"a*b");
    }
}
