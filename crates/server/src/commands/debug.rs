//! `DEBUG`: faults on demand, for tests. Only a server in test mode has them.

use resp::parse_integer;
use rustix::io::Errno;

use super::spec::Call;
use super::{Action, Connection, refusal};
use crate::faults::errno;
use crate::log::disk::Loss;

const NOT_ALLOWED: &str =
    "ERR DEBUG command not allowed. Hint: only a server started with --test-mode takes it";
const DISK_SYNTAX: &str = "ERR syntax error. Hint: DEBUG DISK FULL [ENOSPC | EDQUOT | EMFILE | \
     ENFILE | ENOMEM | EACCES | EPERM | EROFS | EIO] | FREE | FAIL-SYNC | STALL ms | POWER-OFF [seed]";
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

/// `DEBUG ROT key`: its value changes in the memory of this node alone. 1, if it has one.
pub(super) fn rot(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    match call.context.faults() {
        None => writer.error(NOT_ALLOWED),
        Some(_) => writer.integer(i64::from(call.context.rot(&call.request[2]))),
    }
    Action::Replied
}

/// `DEBUG DISK FULL [error] | FREE | FAIL-SYNC | STALL ms | POWER-OFF [seed]`
///
/// - `FULL`: no file can be made, for want of room or for this reason;
/// - `POWER-OFF`: what was not synced is lost, or with a seed some of it, and the process ends.
pub(super) fn disk(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let Some(faults) = call.context.faults() else {
        writer.error(NOT_ALLOWED);
        return Action::Replied;
    };
    let what = call.request[2].to_ascii_uppercase();
    let more = (call.request.len() > 3).then(|| &call.request[3]);
    let number = more.map(parse_integer);
    match (what.as_slice(), more, number) {
        _ if call.request.len() > 4 => {
            writer.error(DISK_SYNTAX);
            return Action::Replied;
        }
        (b"FULL", None, _) => faults.refuse_files(Some(Errno::NOSPC)),
        (b"FULL", Some(name), _) if errno(name).is_some() => faults.refuse_files(errno(name)),
        (b"FREE", None, _) => faults.refuse_files(None),
        (b"FAIL-SYNC", None, _) => faults.fail_sync(),
        (b"STALL", _, Some(Some(ms @ 0..=STALL_MS_MAX))) => faults.stall(ms as u64),
        (b"POWER-OFF", None, _) => faults.lose_power(Loss::Everything),
        (b"POWER-OFF", _, Some(Some(seed))) => faults.lose_power(Loss::Part(seed as u64)),
        (b"STALL" | b"POWER-OFF", Some(_), _) => {
            refusal::not_an_integer(&mut writer);
            return Action::Replied;
        }
        _ => {
            writer.error(DISK_SYNTAX);
            return Action::Replied;
        }
    }
    writer.simple("OK");
    Action::Replied
}
