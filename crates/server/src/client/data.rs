//! The commands on keys and values: checked here, carried out by the node.

use bytes::Bytes;
use node::{Command, VALUE_BYTES_MAX};
use resp::Writer;

use super::spec::Call;
use super::{Action, Connection, refusal};

/// The options of Redis' `SET` that stand alone.
const SET_FLAGS: [&str; 4] = ["NX", "XX", "GET", "KEEPTTL"];
/// The options of `SET` (Redis', and `IFEQ` of its kin) that a value follows.
const SET_OPTIONS: [&str; 5] = ["EX", "PX", "EXAT", "PXAT", "IFEQ"];

/// `GET key`
pub(super) fn get(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    ask(connection, call, out, |call| Command::Get(call.request.bytes(1)))
}

/// `SET key value`
pub(super) fn set(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if call.request.len() > 3 {
        refuse_options(&mut connection.writer(out), call);
        return Action::Replied;
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

fn all_keys(call: &Call<'_>) -> Vec<Bytes> {
    (1..call.request.len()).map(|place| call.request.bytes(place)).collect()
}

#[inline]
fn ask(
    connection: &Connection,
    call: &Call<'_>,
    out: &mut Vec<u8>,
    command: impl FnOnce(&Call<'_>) -> Command,
) -> Action {
    if call.request.iter().any(|argument| argument.len() > VALUE_BYTES_MAX) {
        connection
            .writer(out)
            .error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        return Action::Replied;
    }
    Action::Ask { level: call.level, command: command(call) }
}

/// Says of a `SET` with options what is wrong with it: a known option does not exist here yet, an
/// unknown one nowhere.
fn refuse_options(writer: &mut Writer<'_>, call: &Call<'_>) {
    let Some(options) = set_options(call) else { return refusal::syntax(writer) };
    let clash = |names: &[&str]| options.iter().filter(|option| names.contains(option)).count() > 1;
    if clash(&["NX", "XX", "IFEQ"]) || clash(&["EX", "PX", "EXAT", "PXAT", "KEEPTTL"]) {
        return refusal::syntax(writer);
    }
    writer.error_with(format_args!(
        "ERR SET option '{}' is not supported yet; only SET key value is",
        options[0]
    ));
}

/// The options of a `SET`, or nothing if one is unknown or lacks its value.
fn set_options(call: &Call<'_>) -> Option<Vec<&'static str>> {
    let named = |names: &[&'static str], argument: &[u8]| {
        names.iter().copied().find(|name| name.as_bytes().eq_ignore_ascii_case(argument))
    };
    let mut options = vec![];
    let mut arguments = call.request.iter().skip(3);
    while let Some(argument) = arguments.next() {
        options.push(match named(&SET_FLAGS, argument) {
            Some(flag) => flag,
            None => {
                let option = named(&SET_OPTIONS, argument)?;
                arguments.next()?;
                option
            }
        });
    }
    Some(options)
}
