//! Limits as people write them: `60s`, `1.5GiB`.

use std::time::Duration;

/// Units of time and their milliseconds.
const TIMES: &[(&str, f64)] = &[("ms", 1.0), ("s", 1e3), ("min", 6e4), ("m", 6e4), ("h", 3.6e6)];
/// Units of memory and their bytes.
const SIZES: &[(&str, f64)] = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
];

/// A span of time, such as `60s`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let ms = quantity(text, TIMES, "a time such as 500ms, 60s, 5min or 1h")?;
    Ok(Duration::from_millis(ms))
}

/// An amount of memory, such as `2GiB`, in bytes.
pub(crate) fn memory(text: &str) -> Result<usize, String> {
    let bytes = quantity(text, SIZES, "an amount of memory such as 500MB or 2GiB")?;
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn quantity(text: &str, units: &[(&str, f64)], example: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let known = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number = digits.parse::<f64>().ok().filter(|number| plain && number.is_finite());
    match (number, known) {
        // What is beyond all numbers is as good as no limit.
        (Some(number), Some((_, factor))) => Ok((number * factor) as u64),
        _ => Err(format!("this is not {example}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_have_units() {
        assert_eq!(time("60s"), Ok(Duration::from_secs(60)));
        assert_eq!(time("1.5min"), Ok(Duration::from_secs(90)));
        assert_eq!(time("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        assert_eq!(memory("100mb"), Ok(100_000_000));
        assert_eq!(memory("0B"), Ok(0));
        for bad in ["", "60", "s", "-1s", "1e3s", "infs", "NaNs", "60 s", "1.2.3s", "60parsecs"] {
            assert!(time(bad).is_err(), "{bad}");
        }
        assert!(memory("2").is_err());
    }
}
