//! Numbers in the one way to write them, so that equal numbers are equal texts.

use std::borrow::Cow;

use super::dialect::Dialect;

/// The most zeros that are written out; what has more of them keeps its exponent.
const ZEROS_MAX: i64 = 40;

/// The number that a word writes, in the one way to write it; `None` if it is none.
///
/// In JSON `1.0` is `1`. In EDN it is another number, as Clojure's `=` has it, and `1M` a third.
pub(super) fn number(word: &str, dialect: Dialect) -> Option<Cow<'_, str>> {
    if is_plain(word) {
        return Some(Cow::Borrowed(word));
    }
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", word.strip_prefix('+').filter(|_| dialect == Dialect::Edn).unwrap_or(word)),
    };
    let magnitude = match dialect {
        Dialect::Json => decimal(digits)?,
        Dialect::Edn => edn(digits)?,
    };
    let sign = if magnitude == "0" { "" } else { sign };
    Some(Cow::Owned(format!("{sign}{magnitude}")))
}

/// Whether a word is an integer as both languages write it, and in no other way.
fn is_plain(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    is_digits(digits) && (!digits.starts_with('0') || word == "0")
}

/// A number of EDN without its sign.
fn edn(digits: &str) -> Option<String> {
    let whole = digits.strip_suffix('N').unwrap_or(digits);
    if whole == "0" || (is_digits(whole) && !whole.starts_with('0')) {
        return Some(whole.to_string());
    }
    if let Some(number) = other_radix(whole) {
        return Some(number.to_string());
    }
    if let Some(exact) = digits.strip_suffix('M') {
        let has_digit = exact.starts_with(|c: char| c.is_ascii_digit());
        return decimal(exact).filter(|_| has_digit).map(|_| digits.to_string());
    }
    let number = decimal(digits).filter(|_| digits.contains(['.', 'e', 'E']))?;
    Some(if number.contains(['.', 'e']) { number } else { format!("{number}.0") })
}

/// Octal, hexadecimal and numbers such as `2r101`.
fn other_radix(digits: &str) -> Option<u128> {
    let parse = |digits: &str, radix| {
        let is_plain = digits.chars().all(|c| c.is_ascii_alphanumeric());
        u128::from_str_radix(digits, radix).ok().filter(|_| is_plain)
    };
    if let Some(hexadecimal) = digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        return parse(hexadecimal, 16);
    }
    if let Some((radix, digits)) = digits.split_once(['r', 'R']) {
        let radix = radix.parse().ok().filter(|radix| (2..=36).contains(radix))?;
        return parse(digits, radix);
    }
    parse(digits.strip_prefix('0')?, 8)
}

/// A decimal number with fraction and exponent, exactly.
fn decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (mantissa, ""),
    };
    if !is_digits(whole) || !(fraction.is_empty() || is_digits(fraction)) {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0').trim_end_matches('0');
    let zeros = all.len() - all.trim_end_matches('0').len();
    let exponent = i64::from(exponent) - fraction.len() as i64 + zeros as i64;
    Some(match exponent {
        _ if digits.is_empty() => "0".to_string(),
        0..=ZEROS_MAX => format!("{digits}{}", "0".repeat(exponent as usize)),
        _ => with_point(digits, exponent),
    })
}

/// Digits times a power of ten, where that is no short integer.
fn with_point(digits: &str, exponent: i64) -> String {
    let point = digits.len() as i64 + exponent;
    match point {
        1.. if exponent < 0 => {
            let (whole, fraction) = digits.split_at(point as usize);
            format!("{whole}.{fraction}")
        }
        -3..=0 => format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        _ => format!("{digits}e{exponent}"),
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(dialect: Dialect, words: &[&str], expected: &str) {
        for word in words {
            assert_eq!(number(word, dialect).as_deref(), Some(expected), "{word}");
        }
    }

    #[test]
    fn equal_numbers_are_equal_texts() {
        use Dialect::{Edn, Json};
        reads(Json, &["1", "1.0", "1e0", "10e-1", "0.1E+1", "1.00"], "1");
        reads(Json, &["0", "-0", "0.0", "0e9"], "0");
        reads(Json, &["-1500", "-1.5e3"], "-1500");
        reads(Json, &["0.05", "5e-2", "0.050"], "0.05");
        reads(Json, &["12.5", "125e-1"], "12.5");
        reads(Json, &["1e400", "10e399"], "1e400");
        reads(Json, &["1e-400"], "1e-400");
        reads(Edn, &["1", "+1", "1N", "0x1", "01", "2r1", "+1N"], "1");
        reads(Edn, &["8", "010", "0x8", "0X08"], "8");
        reads(Edn, &["1.0", "1e0", "1.", "+1.00"], "1.0");
        reads(Edn, &["1.5", "15e-1"], "1.5");
        reads(Edn, &["1.0M"], "1.0M");
        reads(Edn, &["123456789012345678901234567890N"], "123456789012345678901234567890");
    }

    #[test]
    fn what_is_no_number() {
        for word in
            ["", "+", "1x", "1..2", "1e", "1N2", "09", "0x", "37r1", "1/2", "--1", "1e99999999999"]
        {
            assert_eq!(number(word, Dialect::Edn), None, "{word}");
        }
        for word in ["+1", "1N", "0x1", ".5", "1M", ""] {
            assert_eq!(number(word, Dialect::Json), None, "{word}");
        }
    }
}
