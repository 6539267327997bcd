//! The commands that begin, test and end a conversation.

use node::Status;
use resp::{Protocol, parse_integer};

use super::spec::Call;
use super::{Action, Connection, identity, info, refusal};

const WRONG_PASSWORD: &str = "WRONGPASS invalid username-password pair or user is disabled.";

/// `PING [message]`
pub(super) fn ping(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    match call.request.len() {
        1 => writer.simple("PONG"),
        2 => writer.bulk(&call.request[1]),
        _ => refusal::arity(&mut writer, "ping"),
    }
    Action::Replied
}

/// `ECHO message`
pub(super) fn echo(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).bulk(&call.request[1]);
    Action::Replied
}

/// `READONLY`, `READWRITE`: every node serves every command, so there is nothing to switch; and
/// standing up to clients that send it to be safe would only lock them out.
pub(super) fn ok(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).simple("OK");
    Action::Replied
}

/// `SELECT 0`
pub(super) fn select(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    match parse_integer(&call.request[1]) {
        None => refusal::not_an_integer(&mut writer),
        Some(0) => writer.simple("OK"),
        Some(number) if i32::try_from(number).is_ok() => {
            writer.error("ERR DB index is out of range");
        }
        Some(_) => writer.error_with(format_args!(
            "ERR value is out of range, value must between {} and {}",
            i32::MIN,
            i32::MAX
        )),
    }
    Action::Replied
}

/// `AUTH [username] password`: there is one user, `default`, who needs no password.
pub(super) fn auth(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    match call.request.len() {
        2 => writer.error(
            "ERR AUTH <password> called without any password configured for the default user. Are \
             you sure your configuration is correct?",
        ),
        3 if is_user(&call.request[1]) => writer.simple("OK"),
        3 => writer.error(WRONG_PASSWORD),
        _ => refusal::syntax(&mut writer),
    }
    Action::Replied
}

fn is_user(name: &[u8]) -> bool {
    name == b"default"
}

/// `HELLO [protocol [AUTH username password] [SETNAME name]]`
pub(super) fn hello(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    match Hello::parse(call) {
        Err(text) => {
            connection.writer(out).error(text);
            Action::Replied
        }
        Ok(hello) => {
            let action = connection.speak(hello.protocol.unwrap_or(connection.protocol));
            if let Some(name) = hello.name {
                connection.name = bytes::Bytes::copy_from_slice(name);
            }
            introduce(connection, &call.context.status(), out);
            action
        }
    }
}

/// What a `HELLO` asks for. All of it is checked before any of it is done.
#[derive(Default)]
struct Hello<'a> {
    protocol: Option<Protocol>,
    user: Option<&'a [u8]>,
    name: Option<&'a [u8]>,
}

impl<'a> Hello<'a> {
    fn parse(call: &Call<'a>) -> Result<Hello<'a>, Vec<u8>> {
        let mut hello = Hello::default();
        let mut arguments = call.request.iter().skip(1);
        if let Some(number) = arguments.next() {
            hello.protocol = Some(match parse_integer(number) {
                Some(2) => Protocol::Resp2,
                Some(3) => Protocol::Resp3,
                Some(_) => return Err(b"NOPROTO unsupported protocol version".to_vec()),
                None => {
                    return Err(b"ERR Protocol version is not an integer or out of range".to_vec());
                }
            });
        }
        while let Some(option) = arguments.next() {
            if option.eq_ignore_ascii_case(b"AUTH") && arguments.clone().nth(1).is_some() {
                hello.user = arguments.next();
                arguments.next();
            } else if option.eq_ignore_ascii_case(b"SETNAME") && arguments.clone().next().is_some()
            {
                hello.name = arguments.next();
                identity::check("Client names", hello.name.unwrap_or_default())?;
            } else {
                return Err([b"ERR Syntax error in HELLO option '", option, b"'"].concat());
            }
        }
        match hello.user {
            Some(user) if !is_user(user) => Err(WRONG_PASSWORD.into()),
            _ => Ok(hello),
        }
    }
}

fn introduce(connection: &Connection, status: &Status, out: &mut Vec<u8>) {
    let mut writer = connection.writer(out);
    writer.map(7);
    for (name, value) in [("server", "redis"), ("version", info::REDIS_VERSION)] {
        writer.bulk(name);
        writer.bulk(value);
    }
    writer.bulk("proto");
    writer.integer(i64::from(connection.protocol.number()));
    writer.bulk("id");
    writer.integer(connection.id as i64);
    let role = if info::is_master(status) { "master" } else { "replica" };
    for (name, value) in [("mode", "standalone"), ("role", role)] {
        writer.bulk(name);
        writer.bulk(value);
    }
    writer.bulk("modules");
    writer.array(0);
}

/// `RESET`: the connection is as it was when it was new, but for what the client said of its
/// library.
pub(super) fn reset(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let action = connection.reset();
    connection.name.clear();
    connection.level = None;
    connection.writer(out).simple("RESET");
    action
}

/// `QUIT`
pub(super) fn quit(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).simple("OK");
    Action::Close
}
