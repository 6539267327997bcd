//! `DEBUG`: faults on demand, for tests. Only a server in test mode has them.

use resp::parse_integer;

use super::spec::Call;
use super::{Action, Connection, refusal};

const NOT_ALLOWED: &str =
    "ERR DEBUG command not allowed. Hint: only a server started with --test-mode takes it";
/// The longest stall, in milliseconds: a day.
const STALL_MS_MAX: i64 = 86_400_000;

/// `DEBUG CLOCK offset-ms`: from now on the wall clock is off by so much.
pub(super) fn clock(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    match (call.context.faults(), parse_integer(&call.request[2])) {
        (None, _) => writer.error(NOT_ALLOWED),
        (_, None) => refusal::not_an_integer(&mut writer),
        (Some(faults), Some(offset_ms)) => {
            faults.set_clock(offset_ms);
            writer.simple("OK");
        }
    }
    Action::Replied
}

/// `DEBUG DISK FULL | FREE | FAIL-SYNC | STALL ms`
pub(super) fn disk(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let Some(faults) = call.context.faults() else {
        writer.error(NOT_ALLOWED);
        return Action::Replied;
    };
    let is = |word: &str| call.request[2].eq_ignore_ascii_case(word.as_bytes());
    match call.request.len() {
        3 if is("FULL") => faults.set_disk_full(true),
        3 if is("FREE") => faults.set_disk_full(false),
        3 if is("FAIL-SYNC") => faults.fail_sync(),
        4 if is("STALL") => match parse_integer(&call.request[3]) {
            Some(ms @ 0..=STALL_MS_MAX) => faults.stall(ms as u64),
            _ => {
                refusal::not_an_integer(&mut writer);
                return Action::Replied;
            }
        },
        _ => {
            writer.error("ERR syntax error. Hint: DEBUG DISK FULL | FREE | FAIL-SYNC | STALL ms");
            return Action::Replied;
        }
    }
    writer.simple("OK");
    Action::Replied
}
