//! `BGSAVE`, `LASTSAVE`, `SAVE`: snapshots on demand.

use super::spec::Call;
use super::{Action, Connection, refusal};

/// `BGSAVE [SCHEDULE]`: a snapshot is taken now, beside all other work.
pub(super) fn begin(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let is_known = call.request.iter().skip(1).all(|word| word.eq_ignore_ascii_case(b"schedule"));
    if call.request.len() > 2 || !is_known {
        refusal::syntax(&mut writer);
        return Action::Replied;
    }
    if call.context.status().snapshots.writing {
        writer.error("ERR Background save already in progress");
        return Action::Replied;
    }
    writer.simple("Background saving started");
    Action::TakeSnapshot
}

/// `LASTSAVE`: when the last snapshot was placed, or this server started, in seconds since 1970.
pub(super) fn last(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let last = last_s(&call.context.status(), call.context.figures().started_s);
    connection.writer(out).integer(last as i64);
    Action::Replied
}

/// `SAVE`: refused, since all others would wait for it.
pub(super) fn refuse(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).error(
        "ERR SAVE would keep all other clients waiting. Hint: BGSAVE takes a snapshot beside them",
    );
    Action::Replied
}

/// When the last snapshot was placed by this server, or else it started, in seconds since 1970.
pub(super) fn last_s(status: &node::Status, started_s: u64) -> u64 {
    match status.snapshots.last_ms {
        0 => started_s,
        ms => ms / 1000,
    }
}
