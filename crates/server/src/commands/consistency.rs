//! `CONSISTENCY`: what a connection wants to know about its answers.

use resp::Protocol;

use super::spec::Call;
use super::{Action, Connection};

/// `CONSISTENCY ATTR ON|OFF`: whether answers say where they stand. Never unasked: most clients
/// choke on an attribute, or take it for the reply.
pub(super) fn attr(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let choice = &call.request[2];
    let on = choice.eq_ignore_ascii_case(b"ON");
    if !on && !choice.eq_ignore_ascii_case(b"OFF") {
        writer.error("ERR syntax error. Hint: CONSISTENCY ATTR ON, or CONSISTENCY ATTR OFF");
        return Action::Replied;
    }
    if on && connection.protocol != Protocol::Resp3 {
        writer.error("CONSISTENCY only RESP3 has attributes. Hint: HELLO 3 first");
        return Action::Replied;
    }
    writer.simple("OK");
    connection.certify(on)
}
