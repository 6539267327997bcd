//! The forms in which keys stand in files, by their names.

use lab::operator::Format;

/// The form of this name.
pub(crate) fn parse(name: &str) -> Result<Format, &'static str> {
    match name {
        "jsonl" => Ok(Format::JsonLines),
        "resp" => Ok(Format::Resp),
        _ => Err("there are jsonl and resp"),
    }
}
