//! Commands on keys and values: the node knows what they mean and carries them out.

use bytes::Bytes;
use node::{Access, Command, Error, Piece, Row};
use resp::Request;

use super::spec::Call;
use super::{Action, Connection};
use crate::Bounds;
use crate::mutants::mutant;

/// A request in the node's eyes.
struct Words<'a>(&'a Request);

impl node::Request for Words<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&self, place: usize) -> &[u8] {
        &self.0[place]
    }

    fn bytes(&self, place: usize) -> Bytes {
        self.0.bytes(place)
    }

    fn pieces(&self) -> Option<Vec<Piece>> {
        self.0.pieces().map(Iterator::collect)
    }
}

/// Redis' text, and one like it.
const LONG_VALUE: &str = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
const LONG_KEY: &str = "ERR key exceeds maximum allowed size (max-key-size)";

/// Whether a command names a key that is too long. (No argument is longer than a value may be.)
fn has_long_key(command: &Command, bounds: &Bounds) -> bool {
    let Bounds { max_key_bytes, max_value_bytes, .. } = *bounds;
    max_key_bytes < max_value_bytes && command.longest_key() as u64 > max_key_bytes
}

/// What is too long in a command that came in another language, if anything is.
pub(crate) fn too_long(command: &Command, bounds: &Bounds) -> Option<&'static str> {
    let longest = command.arguments().iter().map(|one| one.len()).max().unwrap_or(0);
    let is_long = longest as u64 > bounds.max_value_bytes;
    has_long_key(command, bounds).then_some(LONG_KEY).or(is_long.then_some(LONG_VALUE))
}

/// Has the node asked for what this row says.
#[inline]
pub(super) fn ask(
    row: &'static Row,
    connection: &Connection,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Action {
    match parse(row, call) {
        Ok(command) => {
            let asked = mutant!(SuffixForgotten, call.level, None);
            let of_connection = connection.level.filter(|_| row.access == Access::Read);
            return Action::Ask { level: asked.or(of_connection), command };
        }
        Err(Refused::TooLong(text)) => connection.writer(out).error(text),
        Err(Refused::Invalid(error)) => connection.writer(out).error_with(error),
    }
    Action::Replied
}

/// Why the node is not asked.
pub(super) enum Refused {
    /// A key or a value is too long, in these words.
    TooLong(&'static str),
    /// The arguments make no sense.
    Invalid(Error),
}

/// The command that a call means.
#[inline]
pub(super) fn parse(row: &'static Row, call: &Call<'_>) -> Result<Command, Refused> {
    let bounds = call.context.bounds();
    if call.request.has_longer(bounds.max_value_bytes as usize) {
        return Err(Refused::TooLong(LONG_VALUE));
    }
    let command = row.parse(&Words(call.request)).map_err(Refused::Invalid)?;
    match has_long_key(&command, bounds) {
        true => Err(Refused::TooLong(LONG_KEY)),
        false => Ok(command),
    }
}
