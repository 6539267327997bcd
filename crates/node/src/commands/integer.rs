//! Whole numbers as Redis writes and reads them.

use crate::reply::Error;

/// What Redis says where a number is expected.
pub(crate) const NOT_AN_INTEGER: &str = "value is not an integer or out of range";

/// A number in its one form: no plus, no zero before it, no space.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = !digits.starts_with('0') || text == "0";
    if is_plain && is_short { text.parse().ok() } else { None }
}

/// The same, of an argument.
pub(crate) fn integer_argument(text: &[u8]) -> Result<i64, Error> {
    integer(text).ok_or_else(|| Error::Invalid(NOT_AN_INTEGER.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        let texts = ["0", "-1", "9223372036854775807", "-9223372036854775808"];
        assert_eq!(
            texts.map(|text| integer(text.as_bytes())),
            [Some(0), Some(-1), Some(i64::MAX), Some(i64::MIN)]
        );
        for text in ["", "-", "+1", "01", "-0", " 1", "1 ", "1.0", "9223372036854775808", "1e3"] {
            assert_eq!(integer(text.as_bytes()), None, "{text:?}");
        }
    }
}
