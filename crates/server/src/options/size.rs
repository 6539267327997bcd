//! Sizes, as flags and configuration files give them: `256mb`, or a number of bytes.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Units, as Redis has them, and how many bytes each is.
const UNITS: [(&str, u64); 8] = [
    ("kb", 1 << 10),
    ("mb", 1 << 20),
    ("gb", 1 << 30),
    ("k", 1000),
    ("m", 1_000_000),
    ("g", 1_000_000_000),
    ("b", 1),
    ("", 1),
];

/// Reads a size in bytes.
///
/// # Errors
/// What is wrong with it, behind its name.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let bytes = unit.and_then(|(_, bytes)| digits.parse::<u64>().ok()?.checked_mul(*bytes));
    bytes.ok_or_else(|| format!("{text:?} is not a size, such as 256mb or 268435456"))
}

/// A size in a configuration file.
#[derive(Debug)]
pub(super) struct Size(pub u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size, such as \"256mb\" or 268435456")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        parse_size(text).map(Size).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
        u64::try_from(bytes).map(Size).map_err(|_| E::custom("a size is not negative"))
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<Size, E> {
        Ok(Size(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_units_of_redis() {
        for (text, bytes) in [
            ("0", 0),
            ("268435456", 256 << 20),
            ("256mb", 256 << 20),
            ("256MB", 256 << 20),
            ("3k", 3000),
            ("1Gb", 1 << 30),
            ("7b", 7),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "mb", "-1", "1.5gb", "1 mb", "1tb", "99999999999gb", "1mbb"] {
            assert!(parse_size(text).unwrap_err().contains("is not a size"), "{text}");
        }
    }
}
