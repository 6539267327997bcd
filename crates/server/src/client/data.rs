//! The commands on keys and values: checked here, carried out by the node.

use node::{Command, Keys, VALUE_BYTES_MAX};

use super::spec::Call;
use super::{Action, Connection, set};

/// `GET key`
pub(super) fn get(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    ask(connection, call, out, |call| Command::Get(call.request.bytes(1)))
}

/// `SET key value [NX | XX | IFEQ value] [GET]`
pub(super) fn set(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if call.request.len() > 3 {
        return match set::conditional(call) {
            Ok(command) => ask(connection, call, out, |_| command),
            Err(fault) => {
                fault.write(&mut connection.writer(out));
                Action::Replied
            }
        };
    }
    ask(connection, call, out, |call| Command::Set(call.request.bytes(1), call.request.bytes(2)))
}

/// `DEL key [key …]`
pub(super) fn del(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    ask(connection, call, out, |call| Command::Del(all_keys(call)))
}

/// `EXISTS key [key …]`
pub(super) fn exists(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    ask(connection, call, out, |call| Command::Exists(all_keys(call)))
}

fn all_keys(call: &Call<'_>) -> Keys {
    let Some(pieces) = call.request.pieces() else {
        return Keys::new(call.request.iter().skip(1));
    };
    Keys::of_pieces(pieces.enumerate().map(|(place, (bytes, places))| match place {
        // The first is the name of the command.
        0 => (bytes, places[1..].into()),
        _ => (bytes, places),
    }))
}

#[inline]
fn ask(
    connection: &Connection,
    call: &Call<'_>,
    out: &mut Vec<u8>,
    command: impl FnOnce(&Call<'_>) -> Command,
) -> Action {
    if call.request.has_longer(VALUE_BYTES_MAX) {
        connection
            .writer(out)
            .error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        return Action::Replied;
    }
    Action::Ask { level: call.level, command: command(call) }
}
