//! `CLIENT`: who is at the other end of this connection.

use std::fmt::Write;

use bytes::Bytes;
use resp::parse_integer;

use super::spec::Call;
use super::{Action, Connection, refusal};

/// The longest name of a client or its library.
const NAME_BYTES_MAX: usize = 1024;

/// `CLIENT ID`
pub(super) fn id(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).integer(connection.id as i64);
    Action::Replied
}

/// `CLIENT GETNAME`
pub(super) fn get_name(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    if connection.name.is_empty() {
        writer.nil();
    } else {
        writer.bulk(&connection.name);
    }
    Action::Replied
}

/// `CLIENT SETNAME name`
pub(super) fn set_name(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    match check("Client names", &call.request[2]) {
        Err(text) => connection.writer(out).error(text),
        Ok(()) => {
            // Copied: it would keep the whole receive buffer for as long as the connection lives.
            connection.name = Bytes::copy_from_slice(&call.request[2]);
            connection.writer(out).simple("OK");
        }
    }
    Action::Replied
}

/// `CLIENT SETINFO LIB-NAME|LIB-VER value`
pub(super) fn set_info(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let (option, value) = (&call.request[2], &call.request[3]);
    let (what, place) = if option.eq_ignore_ascii_case(b"LIB-NAME") {
        ("lib-name", &mut connection.lib_name)
    } else if option.eq_ignore_ascii_case(b"LIB-VER") {
        ("lib-ver", &mut connection.lib_version)
    } else {
        connection.writer(out).error([b"ERR Unrecognized option '", option, b"'"].concat());
        return Action::Replied;
    };
    match check(what, value) {
        Err(text) => connection.writer(out).error(text),
        Ok(()) => {
            *place = Bytes::copy_from_slice(value);
            connection.writer(out).simple("OK");
        }
    }
    Action::Replied
}

/// Whether this may stand in a line of `CLIENT LIST`, and is short enough to be kept as long as the
/// connection lives.
pub(super) fn check(what: &str, text: &[u8]) -> Result<(), Vec<u8>> {
    if text.len() > NAME_BYTES_MAX {
        return Err(format!("ERR {what} cannot be longer than {NAME_BYTES_MAX} bytes.").into());
    }
    if text.iter().all(u8::is_ascii_graphic) {
        return Ok(());
    }
    Err(format!("ERR {what} cannot contain spaces, newlines or special characters.").into())
}

/// `CLIENT INFO`
pub(super) fn info(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let line = line(connection, call, "client|info");
    connection.writer(out).verbatim(&line);
    Action::Replied
}

/// `CLIENT LIST [TYPE type] [ID id …]`: a connection sees itself and no other.
pub(super) fn list(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let shown = match call.request.iter().skip(2).collect::<Vec<_>>()[..] {
        [] => Ok(true),
        [option, kind] if option.eq_ignore_ascii_case(b"TYPE") => is_normal(kind),
        [option, ref ids @ ..] if option.eq_ignore_ascii_case(b"ID") && !ids.is_empty() => {
            names_this(connection, ids)
        }
        _ => {
            refusal::syntax(&mut connection.writer(out));
            return Action::Replied;
        }
    };
    match shown {
        Err(text) => connection.writer(out).error(text),
        Ok(shown) => {
            let line = if shown { line(connection, call, "client|list") } else { String::new() };
            connection.writer(out).verbatim(&line);
        }
    }
    Action::Replied
}

/// Whether this type of client is that of an ordinary connection.
fn is_normal(kind: &[u8]) -> Result<bool, Vec<u8>> {
    let is = |name: &str| kind.eq_ignore_ascii_case(name.as_bytes());
    if is("master") || is("replica") || is("slave") || is("pubsub") {
        return Ok(false);
    }
    if is("normal") {
        return Ok(true);
    }
    Err([b"ERR Unknown client type '", kind, b"'"].concat())
}

fn names_this(connection: &Connection, ids: &[&[u8]]) -> Result<bool, Vec<u8>> {
    let mut named = false;
    for id in ids {
        match parse_integer(id) {
            Some(id) => named |= u64::try_from(id) == Ok(connection.id),
            None => return Err(b"ERR Invalid client ID".to_vec()),
        }
    }
    Ok(named)
}

/// What is known of the connection, in Redis' form.
fn line(connection: &Connection, call: &Call<'_>, command: &str) -> String {
    let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
    let age = call.context.figures().uptime_s.saturating_sub(connection.accepted_s);
    let mut line = String::new();
    // Appending to a string cannot fail.
    let _ = writeln!(
        line,
        "id={} addr={} laddr={} name={} age={age} idle=0 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 \
         cmd={command} user=default redir=-1 resp={} lib-name={} lib-ver={}",
        connection.id,
        connection.peer,
        connection.local,
        text(&connection.name),
        connection.protocol.number(),
        text(&connection.lib_name),
        text(&connection.lib_version),
    );
    line
}

/// `CLIENT NO-EVICT ON|OFF`, `CLIENT NO-TOUCH ON|OFF`: accepted for the sake of clients. No use of
/// a key is noted; and who holds more requests and replies than there is room for is closed,
/// whatever it asked for.
pub(super) fn on_or_off(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let choice = &call.request[2];
    if choice.eq_ignore_ascii_case(b"ON") || choice.eq_ignore_ascii_case(b"OFF") {
        writer.simple("OK");
    } else {
        refusal::syntax(&mut writer);
    }
    Action::Replied
}
