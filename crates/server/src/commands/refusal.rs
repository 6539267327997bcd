//! The errors that more than one command has, in Redis' words.

use std::fmt::Display;

use resp::{Request, Writer};

use super::absent;
use super::spec::Spec;

/// How much of a name, and of all arguments together, an error repeats, in bytes.
const REPEATED_BYTES_MAX: usize = 128;

/// No such command. What Redis has and Candor does not comes with what does its work meanwhile,
/// behind Redis' own text.
pub(super) fn unknown_command(writer: &mut Writer<'_>, request: &Request) {
    let mut text = b"ERR unknown command '".to_vec();
    text.extend_from_slice(repeated(&request[0], REPEATED_BYTES_MAX));
    text.extend_from_slice(b"', with args beginning with: ");
    let start = text.len();
    for argument in request.iter().skip(1) {
        let used = text.len() - start;
        if used >= REPEATED_BYTES_MAX {
            break;
        }
        text.push(b'\'');
        text.extend_from_slice(repeated(argument, REPEATED_BYTES_MAX - used));
        text.extend_from_slice(b"' ");
    }
    if let Some(way_out) = absent::way_out(&request[0]) {
        text.extend_from_slice(b"; Candor does not have it yet: ");
        text.extend_from_slice(way_out.as_bytes());
    }
    writer.error(text);
}

/// The part of an argument that is repeated: Redis' strings end at a zero byte.
fn repeated(argument: &[u8], bytes_max: usize) -> &[u8] {
    let end = argument.iter().position(|byte| *byte == 0).unwrap_or(argument.len());
    &argument[..end.min(bytes_max)]
}

/// No such subcommand.
pub(super) fn unknown_subcommand(writer: &mut Writer<'_>, parent: &Spec, name: &[u8]) {
    let mut text = b"ERR unknown subcommand '".to_vec();
    text.extend_from_slice(repeated(name, REPEATED_BYTES_MAX));
    text.extend_from_slice(b"'. Try ");
    text.extend_from_slice(parent.name.to_ascii_uppercase().as_bytes());
    text.extend_from_slice(b" HELP.");
    writer.error(text);
}

/// Too few or too many arguments.
pub(super) fn arity(writer: &mut Writer<'_>, name: impl Display) {
    writer.error_with(format_args!("ERR wrong number of arguments for '{name}' command"));
}

/// More of these than there are to tell of.
pub(super) fn too_many(writer: &mut Writer<'_>, what: &str, max: usize) {
    writer
        .error_with(format_args!("ERR too many {what}: there are {max}, so ask for fewer at once"));
}

/// Arguments that make no sense together.
pub(super) fn syntax(writer: &mut Writer<'_>) {
    writer.error("ERR syntax error");
}

/// Not a whole number.
pub(super) fn not_an_integer(writer: &mut Writer<'_>) {
    writer.error("ERR value is not an integer or out of range");
}
