//! Inflates what gzip compressed, so that such histories need no other program.

use std::io::{Error, ErrorKind, Read};

use flate2::read::MultiGzDecoder;

/// The bytes that a gzip file holds, `None` if there are more than that; several members follow one
/// another.
pub(super) fn inflate(bytes: &[u8], bytes_max: usize) -> Result<Option<Vec<u8>>, String> {
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out).map_err(|error| fault(&error))?;
    Ok((out.len() <= bytes_max).then_some(out))
}

fn fault(error: &Error) -> String {
    let text = error.to_string();
    let fault = match error.kind() {
        ErrorKind::UnexpectedEof => "the gzip file is cut off",
        _ if text.contains("header") => "the gzip header is damaged",
        _ if text.contains("checksum") => "the gzip file is damaged: its checksum differs",
        _ => "the gzip file is damaged",
    };
    fault.to_string()
}
