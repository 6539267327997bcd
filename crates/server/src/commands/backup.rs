//! `CLUSTER-ADMIN BACKUP`: a snapshot is taken, and its file handed out.
//!
//! ```text
//!   BEGIN                       the number of the newest snapshot; a newer one is taken now
//!   STATUS                      the number of the newest one, and whether one is being written
//!   READ number offset bytes    a part of the file of this one; empty: behind its end
//!   END                         the file is not needed any more
//! ```

use node::SnapshotNumber;
use resp::{Writer, parse_integer};

use super::spec::Call;
use super::{Action, Connection, refusal};

/// The longest part that is handed out at once, in bytes.
const PART_BYTES_MAX: u64 = 1 << 20;

const LOCAL_ALONE: &str = "DENIED CLUSTER-ADMIN is for clients on this machine alone. Hint: run the command where the server runs, and connect to \
     its loopback address";
const WRITING: &str = "TRYAGAIN a snapshot is being written, which was begun before this. Hint: ask again when it is in place";

/// `CLUSTER-ADMIN BACKUP BEGIN | STATUS | READ number offset bytes | END`
pub(super) fn backup(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    if !connection.is_local() {
        writer.error(LOCAL_ALONE);
        return Action::Replied;
    }
    let word = call.request[2].to_ascii_lowercase();
    match (&word[..], call.request.len()) {
        (b"begin", 3) => begin(call, &mut writer),
        (b"status", 3) => {
            tell(call, &mut writer);
            Action::Replied
        }
        (b"read", 6) => read(call, &mut writer),
        (b"end", 3) => {
            writer.simple("OK");
            Action::EndBackup
        }
        _ => {
            refusal::syntax(&mut writer);
            Action::Replied
        }
    }
}

fn begin(call: &Call<'_>, writer: &mut Writer<'_>) -> Action {
    let status = call.context.status();
    if status.cluster.is_none() || status.lost.any() {
        writer.error(
            "CLUSTERDOWN this node has no state yet. Hint: INFO says what it waits for (waits_for)",
        );
        return Action::Replied;
    }
    if status.snapshots.writing {
        writer.error(WRITING);
        return Action::Replied;
    }
    writer.integer(newest(&status));
    Action::TakeSnapshot
}

fn tell(call: &Call<'_>, writer: &mut Writer<'_>) {
    let status = call.context.status();
    let snapshots = &status.snapshots;
    let fields = [
        ("number", newest(&status)),
        ("writing", i64::from(snapshots.writing)),
        ("failed", i64::from(snapshots.failed)),
        ("disk_full", i64::from(status.disk_full)),
    ];
    writer.map(fields.len());
    for (name, value) in fields {
        writer.bulk(name);
        writer.integer(value);
    }
}

fn newest(status: &node::Status) -> i64 {
    status.snapshots.last.map_or(0, |number| number.0 as i64)
}

fn read(call: &Call<'_>, writer: &mut Writer<'_>) -> Action {
    let number = |place: usize| {
        parse_integer(&call.request[place]).and_then(|number| u64::try_from(number).ok())
    };
    let (Some(snapshot), Some(offset), Some(bytes)) = (number(3), number(4), number(5)) else {
        refusal::not_an_integer(writer);
        return Action::Replied;
    };
    let bytes = bytes.min(PART_BYTES_MAX) as usize;
    Action::ReadBackup { number: SnapshotNumber(snapshot), offset, bytes }
}
