//! Text for people: tame, cut, broken into lines, set in columns; and times in words.

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthStr;

use super::terminal::Look;

/// How wide the names at the left are.
const LABEL_WIDTH: usize = 9;
/// How wide the text beside them is.
const TEXT_WIDTH: usize = 88;

/// Text from outside with nothing in it that could upset a terminal.
pub(crate) fn tame(text: &str) -> String {
    let tame = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.into() };
    text.chars().map(tame).collect()
}

/// A key or value as it is shown: bare if it is a plain word, else in quotes; cut if it is long.
pub(crate) fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 24;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let ellipsis = if cut.len() < text.len() { "…" } else { "" };
    let is_word = |c: char| c.is_alphanumeric() || "-_.:/+@#{}".contains(c);
    if !text.is_empty() && cut.chars().all(is_word) {
        return cut + ellipsis;
    }
    format!("{cut:?}{ellipsis}")
}

/// Lines below each other, the first with a name at its left; long ones are broken.
pub(crate) fn labelled(
    label: &str,
    look: Look,
    lines: impl IntoIterator<Item = impl AsRef<str>>,
) -> Vec<String> {
    let broken = lines.into_iter().flat_map(|line| break_line(line.as_ref()));
    let line = |(place, line): (usize, String)| {
        let label = if place == 0 { label } else { "" };
        format!("  {}{}", Look::Faint.on(format!("{label:LABEL_WIDTH$}")), look.on(line))
    };
    broken.enumerate().map(line).collect()
}

/// Breaks a line between words; what follows stands below its first word, a bit to the right.
pub(super) fn break_line(line: &str) -> Vec<String> {
    let text = line.trim_start();
    let indent = " ".repeat(line.len() - text.len());
    let mut lines = vec![];
    let mut current = indent.clone();
    for word in text.split(' ') {
        let is_first = current.trim_start().is_empty();
        if !is_first && seen_width(&current) + 1 + seen_width(word) > TEXT_WIDTH {
            lines.push(std::mem::replace(&mut current, format!("{indent}  {word}")));
        } else {
            current.push_str(if is_first { "" } else { " " });
            current.push_str(word);
        }
    }
    lines.push(current);
    lines
}

/// How wide a text is on the terminal, where its colours take no room.
fn seen_width(text: &str) -> usize {
    strip_str(text).to_string().width()
}

/// How wide a column must be for these and its title.
pub(super) fn widest(texts: impl Iterator<Item = String>, title: &str) -> usize {
    texts.map(|text| text.width()).max().unwrap_or(0).max(title.len())
}

/// A text at the left of a column.
pub(super) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// A text at the right of a column.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// A time since the start, such as `0.302 s`.
pub(super) fn seconds(ns: u64) -> String {
    format!("{}.{:03} s", ns / 1_000_000_000, ns / 1_000_000 % 1000)
}

/// A latency, such as `1.924 ms`.
pub fn millis(ns: u64) -> String {
    format!("{}.{:03} ms", ns / 1_000_000, ns / 1000 % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_tame() {
        assert_eq!(shown("a"), "a");
        assert_eq!(shown("user:7"), "user:7");
        assert_eq!(shown("ключ"), "ключ");
        assert_eq!(shown(""), "\"\"");
        assert_eq!(shown("two words"), "\"two words\"");
        assert_eq!(shown("\x1b[31m"), "\"\\u{1b}[31m\"");
        assert_eq!(shown(&"x".repeat(25)), format!("{}…", "x".repeat(24)));
        assert_eq!(tame("a\x1b[1m\nb"), "a\\u{1b}[1m\\nb");
    }

    #[test]
    fn long_lines_break_between_words() {
        assert_eq!(break_line("short"), ["short"]);
        assert_eq!(break_line(""), [""]);
        let long = format!("  {} {}", "a".repeat(60), "b".repeat(60));
        let broken = [format!("  {}", "a".repeat(60)), format!("    {}", "b".repeat(60))];
        assert_eq!(break_line(&long), broken);
        assert_eq!(break_line(&"x".repeat(150)), ["x".repeat(150)]);
        let coloured = format!("{} {}", Look::Bad.on("violated"), "a".repeat(TEXT_WIDTH - 9));
        assert_eq!(break_line(&coloured), [coloured]);
    }

    #[test]
    fn figures_align() {
        assert_eq!(millis(1_924_000), "1.924 ms");
        assert_eq!(millis(82_499), "0.082 ms");
        assert_eq!(millis(3_000_000_000), "3000.000 ms");
        assert_eq!(seconds(12_345_678_901), "12.345 s");
        assert_eq!(right("7", 3) + &left("ключ", 6) + "|", "  7ключ  |");
    }
}
