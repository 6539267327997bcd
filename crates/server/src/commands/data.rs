//! Commands on keys and values: the node knows what they mean and carries them out.

use bytes::Bytes;
use node::{Piece, Row, VALUE_BYTES_MAX};
use resp::Request;

use super::spec::Call;
use super::{Action, Connection};
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

/// Has the node asked for what this row says.
#[inline]
pub(super) fn ask(
    row: &'static Row,
    connection: &Connection,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Action {
    if call.request.has_longer(VALUE_BYTES_MAX) {
        connection
            .writer(out)
            .error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        return Action::Replied;
    }
    match row.parse(&Words(call.request)) {
        Ok(command) => Action::Ask { level: mutant!(SuffixForgotten, call.level, None), command },
        Err(error) => {
            connection.writer(out).error_with(error);
            Action::Replied
        }
    }
}
