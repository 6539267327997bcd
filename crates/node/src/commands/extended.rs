//! Floating-point numbers with 64 bits of mantissa, as INCRBYFLOAT has them: what C's `long double`
//! is where Redis is tried.
//!
//! Whole numbers of any length do the work, so that every replica comes to the same bits, whatever
//! its processor.

use std::fmt;

use num_bigint::BigUint;

/// The bits of a mantissa.
const BITS: u64 = 64;
/// The greatest exponent of the highest bit; beyond it is infinity.
const EXPONENT_MAX: i64 = 16_383;
/// The least; what is smaller has fewer bits, and none of them is ever printed.
const EXPONENT_MIN: i64 = -16_445;
/// How many digits of a fraction are printed.
const FRACTION_DIGITS: u32 = 17;
/// No number that anybody can write is longer.
const TEXT_BYTES_MAX: usize = 5 * 1024;

/// A number: sign, mantissa, and the exponent of the mantissa's lowest bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Extended {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
}

impl Extended {
    /// Nothing.
    pub(crate) fn zero() -> Extended {
        Extended { negative: false, mantissa: BigUint::ZERO, exponent: 0 }
    }

    /// Whether a text says infinity, which is a number to C, and to Redis one that nothing can be
    /// added to.
    pub(crate) fn is_infinity(text: &[u8]) -> bool {
        let unsigned = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
        [&b"inf"[..], b"infinity"].iter().any(|name| unsigned.eq_ignore_ascii_case(name))
    }

    /// A decimal number: digits with at most one point, perhaps a sign before and an exponent
    /// behind them. `None` also where it is too great to be told from infinity, or too small to be
    /// told from nothing.
    pub(crate) fn read(text: &[u8]) -> Option<Extended> {
        let text = std::str::from_utf8(text).ok().filter(|text| text.len() <= TEXT_BYTES_MAX)?;
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (number, power) = match unsigned.split_once(['e', 'E']) {
            Some((number, power)) => (number, power.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits: BigUint = digits.parse().ok()?;
        if digits == BigUint::ZERO {
            return Some(Extended::zero());
        }
        // Far beyond what has a form there is no need to count.
        let power = power.clamp(-20_000, 20_000) - fraction.len() as i64;
        let ten = |power: i64| BigUint::from(10_u32).pow(power.unsigned_abs() as u32);
        let negative = text.starts_with('-');
        if power >= 0 {
            return rounded(negative, &(digits * ten(power)), &BigUint::from(1_u32), 0);
        }
        let is_some = |read: &Extended| read.mantissa != BigUint::ZERO;
        let divisor = ten(power);
        // So many bits more that the quotient has enough of them.
        let shift = BITS + 2 + divisor.bits();
        rounded(negative, &(digits << shift), &divisor, -(shift as i64)).filter(is_some)
    }

    /// The sum, if it is no infinity.
    pub(crate) fn plus(&self, other: &Extended) -> Option<Extended> {
        let exponent = self.exponent.min(other.exponent);
        let aligned = |one: &Extended| &one.mantissa << (one.exponent - exponent) as u64;
        let (first, second) = (aligned(self), aligned(other));
        let (negative, sum) = match self.negative == other.negative {
            true => (self.negative, first + second),
            false if first >= second => (self.negative, first - second),
            false => (other.negative, second - first),
        };
        if sum == BigUint::ZERO {
            return Some(Extended::zero());
        }
        rounded(negative, &sum, &BigUint::from(1_u32), exponent)
    }
}

/// The nearest number to `(dividend / divisor) * 2^exponent`; of two the even one.
fn rounded(
    negative: bool,
    dividend: &BigUint,
    divisor: &BigUint,
    exponent: i64,
) -> Option<Extended> {
    let quotient = dividend / divisor;
    let exact = &quotient * divisor == *dividend;
    let highest = exponent + quotient.bits() as i64 - 1;
    // Close to nothing the lowest bit stands still.
    let lowest = (highest + 1 - BITS as i64).max(EXPONENT_MIN);
    let drop = u64::try_from(lowest - exponent).unwrap_or(0);
    let (mantissa, exponent) = (half_even(&quotient, drop, exact), exponent + drop as i64);
    let highest = exponent + mantissa.bits() as i64 - 1;
    (highest <= EXPONENT_MAX).then_some(Extended { negative, mantissa, exponent })
}

/// A number without its lowest bits, rounded; `exact`: nothing lay below them.
fn half_even(number: &BigUint, bits: u64, exact: bool) -> BigUint {
    let mut kept = number >> bits;
    let rest = number - (&kept << bits);
    if bits > 0 {
        let half = BigUint::from(1_u32) << (bits - 1);
        let beyond = rest > half || (rest == half && (!exact || kept.bit(0)));
        if beyond {
            kept += 1_u32;
        }
    }
    kept
}

impl fmt::Display for Extended {
    /// With up to seventeen digits behind the point, and without the zeros at their end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scaled = &self.mantissa * BigUint::from(10_u32).pow(FRACTION_DIGITS);
        let scaled = match u64::try_from(self.exponent) {
            Ok(exponent) => scaled << exponent,
            Err(_) => half_even(&scaled, self.exponent.unsigned_abs(), true),
        };
        let width = FRACTION_DIGITS as usize + 1;
        let digits = format!("{:0>width$}", scaled.to_string());
        let (whole, fraction) = digits.split_at(digits.len() - FRACTION_DIGITS as usize);
        let fraction = fraction.trim_end_matches('0');
        let is_zero = whole == "0" && fraction.is_empty();
        let sign = if self.negative && !is_zero { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(first: &str, second: &str) -> Option<String> {
        let read = |text: &str| Extended::read(text.as_bytes()).unwrap();
        read(first).plus(&read(second)).map(|sum| sum.to_string())
    }

    #[test]
    fn sums_are_those_of_a_long_double() {
        for (first, second, expected) in [
            ("10.50", "0.1", "10.6"),
            ("5.0e3", "2.0e2", "5200"),
            ("0.1", "0.2", "0.3"),
            ("3", "-3", "0"),
            ("-1", "0.5", "-0.5"),
            ("1e18", "0.5", "1000000000000000000.5"),
            ("0", "1e-18", "0"),
            ("0", "-1e-18", "0"),
            ("0", "123456789.123456789", "123456789.12345678899873747"),
        ] {
            assert_eq!(sum(first, second).as_deref(), Some(expected), "{first} + {second}");
        }
        assert_eq!(sum("1e4932", "1e4932"), None, "infinity");
    }

    #[test]
    fn texts_that_are_no_numbers() {
        for text in ["", ".", "-", "1.2.3", "abc", "1e", "inf", "nan", " 1", "1 ", "--1", "1e1.5"] {
            assert_eq!(Extended::read(text.as_bytes()), None, "{text:?}");
        }
        for text in [".5", "5.", "+5", "-5e-1", "0e9999999"] {
            assert!(Extended::read(text.as_bytes()).is_some(), "{text:?}");
        }
        assert_eq!([&b"1e5000"[..], b"1e-5000"].map(Extended::read), [None, None]);
        assert!(
            ["inf", "-INF", "+Infinity"].iter().all(|text| Extended::is_infinity(text.as_bytes()))
        );
        assert!(!Extended::is_infinity(b"--inf") && !Extended::is_infinity(b"nan"));
    }
}
