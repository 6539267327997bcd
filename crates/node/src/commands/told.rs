//! Writes in words, for people.

use super::arguments::Args;
use super::write::Write;

/// How many writes of a message are told one by one.
const WRITES_TOLD_MAX: usize = 3;
/// How many bytes of a key or value are told.
const TEXT_BYTES_MAX: usize = 24;

/// Tells writes one after the other, the first few by name.
#[derive(Debug, Default)]
pub(crate) struct Told {
    writes: Vec<String>,
    count: usize,
}

impl Told {
    pub(crate) fn add(&mut self, write: &Write<'_>) {
        self.count += 1;
        if self.writes.len() < WRITES_TOLD_MAX {
            self.writes.push(in_short(write));
        }
    }

    /// Whether there was none.
    pub(crate) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(crate) fn words(self) -> String {
        let rest = self.count - self.writes.len();
        let rest = if rest > 0 { format!(" … and {rest} more") } else { String::new() };
        format!("{}{rest}", self.writes.join(", "))
    }
}

fn in_short(write: &Write<'_>) -> String {
    let part = |(name, args): (&str, Args<'_>)| {
        [name.to_ascii_uppercase()]
            .into_iter()
            .chain(args.iter().map(text))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let once = write.once().map(|once| format!("ONCE {}-{} ", once.ms, text(once.random)));
    let parts = write.parts().into_iter().map(part).collect::<Vec<_>>().join("; ");
    format!("{}{parts}", once.unwrap_or_default())
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.len().min(TEXT_BYTES_MAX);
    let more = if end < bytes.len() { "…" } else { "" };
    format!("{}{more}", String::from_utf8_lossy(&bytes[..end]))
}
