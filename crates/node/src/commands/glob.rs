//! Patterns as Redis has them: `*`, `?`, `[a-z]`, `[^a]`, and `\` before what is meant as it
//! stands.

/// Whether the whole text fits the pattern; case does not matter.
pub fn fits(pattern: &[u8], text: &[u8]) -> bool {
    fits_as(pattern, text, |byte| byte.to_ascii_lowercase())
}

/// Whether the whole text fits the pattern, as keys do: case matters.
pub(crate) fn fits_exactly(pattern: &[u8], text: &[u8]) -> bool {
    pattern == b"*" || fits_as(pattern, text, |byte| byte)
}

/// Only the last `*` is ever tried anew, so the cost is at most the product of both lengths.
fn fits_as(pattern: &[u8], text: &[u8], case: fn(u8) -> u8) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            at += 1;
            star = Some((at, place));
            continue;
        }
        match (text.get(place), one(&pattern[at..], text.get(place).copied(), case)) {
            (None, _) if at == pattern.len() => return true,
            (Some(_), Some(length)) => {
                at += length;
                place += 1;
            }
            (None, _) => return false,
            (Some(_), None) => match star {
                // What the star stands for gets one byte longer.
                Some((behind, start)) => {
                    (at, place) = (behind, start + 1);
                    star = Some((behind, start + 1));
                }
                None => return false,
            },
        }
    }
}

/// How long the first part of the pattern is, if it fits this byte.
fn one(pattern: &[u8], byte: Option<u8>, case: fn(u8) -> u8) -> Option<usize> {
    let byte = case(byte?);
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'[', set @ ..] => {
            let (fits, length) = one_of(set, byte, case);
            fits.then_some(length + 1)
        }
        [b'\\', literal, ..] => (case(*literal) == byte).then_some(2),
        [literal, ..] => (case(*literal) == byte).then_some(1),
    }
}

/// Whether the byte is in a set `…]`, and how long the set is. A set without its end goes to the
/// end.
fn one_of(set: &[u8], byte: u8, case: fn(u8) -> u8) -> (bool, usize) {
    let negated = set.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        match &set[at..] {
            [] => break,
            [b']', ..] => {
                at += 1;
                break;
            }
            [b'\\', literal, ..] => {
                found |= case(*literal) == byte;
                at += 2;
            }
            [from, b'-', to, ..] => {
                let (from, to) = (case(*from), case(*to));
                found |= (from.min(to)..=from.max(to)).contains(&byte);
                at += 3;
            }
            [literal, ..] => {
                found |= case(*literal) == byte;
                at += 1;
            }
        }
    }
    (found != negated, at)
}

/// What every text begins with that fits the pattern: all before its first wildcard.
pub(crate) fn literal(pattern: &[u8]) -> Vec<u8> {
    let mut literal = vec![];
    let mut rest = pattern;
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

/// A pattern that exactly this text fits.
pub(crate) fn escaped(text: &[u8]) -> Vec<u8> {
    let escape = |byte: &u8| b"*?[\\".contains(byte).then_some(b'\\');
    text.iter().flat_map(|byte| escape(byte).into_iter().chain([*byte])).collect()
}

#[cfg(test)]
mod tests {
    use super::{escaped, fits, fits_exactly, literal};

    #[test]
    fn what_all_begin_with_that_fit() {
        for (pattern, all) in [
            ("", ""),
            ("*", ""),
            ("user:*", "user:"),
            ("user:7", "user:7"),
            ("user:?7", "user:"),
            ("user:[ab]", "user:"),
            ("a\\*b*", "a*b"),
            ("a\\", "a\\"),
        ] {
            assert_eq!(literal(pattern.as_bytes()), all.as_bytes(), "{pattern}");
        }
        for text in ["", "user:", "a*b?c[d]\\e"] {
            let pattern = escaped(text.as_bytes());
            assert_eq!(literal(&pattern), text.as_bytes());
            assert!(fits_exactly(&pattern, text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn patterns_fit_as_in_redis() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "abc"),
            ("a*c", "abbbc"),
            ("a**c", "ac"),
            ("*a*b*", "xxaxxbxx"),
            ("a?c", "abc"),
            ("[a-c]x", "bx"),
            ("[c-a]x", "bx"),
            ("[^a]x", "bx"),
            ("[ab", "a"),
            ("[\\]]", "]"),
            ("\\*", "*"),
            ("MAX*", "maxmemory"),
            ("a\\", "a\\"),
        ] {
            assert!(fits(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", ""),
            ("?", ""),
            ("a*c", "abcd"),
            ("[^a]", "a"),
            ("\\*", "a"),
            ("a[", "ab"),
            ("*a*b*c", "xxaxxbxx"),
        ] {
            assert!(!fits(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
        }
    }

    #[test]
    fn case_matters_where_keys_are_meant() {
        assert!(fits(b"K[A-C]*", b"kbx") && !fits_exactly(b"K[A-C]*", b"kbx"));
        assert!(fits_exactly(b"k[a-c]*", b"kbx") && fits_exactly(b"*", b"K"));
    }

    #[test]
    fn a_wicked_pattern_ends() {
        assert!(!fits(("*a".repeat(500) + "b").as_bytes(), "a".repeat(20_000).as_bytes()));
    }
}
