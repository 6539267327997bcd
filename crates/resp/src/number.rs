//! Decimal numbers in frames: read as strictly as Redis does, written without allocating.

/// The longest decimal form of an `i64` or a `u64`.
const DIGITS_MAX: usize = 20;

/// Reads a whole decimal number as Redis' `string2ll` does: no sign but `-`, no leading zero, no
/// blank, nothing behind it.
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    if text == b"0" {
        return Some(0);
    }
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if !matches!(digits.first(), Some(b'1'..=b'9')) || digits.len() >= DIGITS_MAX {
        return None;
    }
    let mut magnitude = 0u64; // at most 19 digits: cannot overflow
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude * 10 + u64::from(digit - b'0');
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Reads `digits CRLF` at the start of `bytes` if it is short, whole and well formed, and says how
/// many bytes it took. `None` says nothing: the line is incomplete, long or wrong.
#[inline]
pub(crate) fn short_line(bytes: &[u8]) -> Option<(usize, usize)> {
    const SHORT: usize = 8;
    // The straight way of nearly all lengths.
    match bytes {
        [one @ b'0'..=b'9', b'\r', b'\n', ..] => return Some((usize::from(one - b'0'), 3)),
        [ten @ b'1'..=b'9', one @ b'0'..=b'9', b'\r', b'\n', ..] => {
            return Some((usize::from(ten - b'0') * 10 + usize::from(one - b'0'), 4));
        }
        _ => {}
    }
    let mut value = 0usize;
    for (at, &byte) in bytes.iter().take(SHORT + 1).enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + usize::from(digit);
            continue;
        }
        let leading_zero = at > 1 && bytes[0] == b'0';
        let whole = byte == b'\r' && at > 0 && bytes.get(at + 1) == Some(&b'\n');
        return (whole && !leading_zero).then_some((value, at + 2));
    }
    None
}

/// Appends a number in decimal.
pub(crate) fn write_unsigned(out: &mut Vec<u8>, mut value: u64) {
    if value < 10 {
        out.push(b'0' + value as u8);
        return;
    }
    let mut digits = [0; DIGITS_MAX];
    let mut start = DIGITS_MAX;
    while value > 0 {
        start -= 1;
        digits[start] = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&digits[start..]);
}

/// Appends a number in decimal, with its sign.
pub(crate) fn write_integer(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_unsigned(out, value.unsigned_abs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_strictly() {
        for good in [0, 1, -1, 10, 1_048_576, i64::MAX, i64::MIN] {
            assert_eq!(parse_integer(good.to_string().as_bytes()), Some(good));
        }
        for bad in
            ["", "-", "+1", "01", "-0", " 1", "1 ", "1.0", "abc", "9223372036854775808", "1e3"]
        {
            assert_eq!(parse_integer(bad.as_bytes()), None, "{bad:?}");
        }
        assert_eq!(parse_integer(b"-9223372036854775809"), None);
        assert_eq!(parse_integer("9".repeat(1000).as_bytes()), None);
    }

    #[test]
    fn short_lines_say_nothing_about_what_is_not_plain() {
        assert_eq!(short_line(b"0\r\n"), Some((0, 3)));
        assert_eq!(short_line(b"16\r\nrest"), Some((16, 4)));
        assert_eq!(short_line(b"99999999\r\n"), Some((99_999_999, 10)));
        for other in ["", "1", "1\r", "\r\n", "01\r\n", "-1\r\n", "1x\r\n", "1\n", "999999999\r\n"]
        {
            assert_eq!(short_line(other.as_bytes()), None, "{other:?}");
        }
    }

    #[test]
    fn integers_are_written_as_the_standard_library_does() {
        for value in [0, 9, 10, 99, 100, -1, -10, i64::MAX, i64::MIN] {
            let mut out = vec![];
            write_integer(&mut out, value);
            assert_eq!(out, value.to_string().as_bytes());
        }
    }
}
