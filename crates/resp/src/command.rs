//! The writer of commands, for whoever asks.

use crate::number::write_unsigned;

/// Appends a command, its name first, as an array of bulk strings.
///
/// ```
/// let mut out = vec![];
/// resp::command(&mut out, &["GET", "k"]);
/// assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
/// ```
pub fn command<A: AsRef<[u8]>>(out: &mut Vec<u8>, arguments: &[A]) {
    push_header(out, b'*', arguments.len());
    for argument in arguments {
        let argument = argument.as_ref();
        push_header(out, b'$', argument.len());
        out.extend_from_slice(argument);
        out.extend_from_slice(b"\r\n");
    }
}

fn push_header(out: &mut Vec<u8>, marker: u8, length: usize) {
    out.push(marker);
    write_unsigned(out, length as u64);
    out.extend_from_slice(b"\r\n");
}
