//! Faults: what was done to the servers while operations went on.

use serde_json::{Value, json};

use super::columns::cut_short;
use super::cut::Cut;

/// How many faults a page shows.
const FAULTS_MAX: usize = 2_000;

/// Something that was done to the servers. A page draws it as a band over the time that it lasted,
/// or as a mark if it lasted no time at all.
///
/// Times are microseconds on the clock of the history's operations: for a run, since the instant at
/// which all clients started (`Recording::since_start`, divided by 1000). A fault that began before
/// is put at 0.
///
/// A run fills `Attempt::faults`: one of these for each pair of a fault and its end (`kill` and
/// `restart`, `pause` and `resume`, `partition` and `heal`), in any order. What was never undone
/// has no `until_us`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// When it began.
    pub from_us: u64,
    /// When it ended: the same instant for what is over at once, such as a jump of a clock; `None`
    /// if it lasted to the end.
    pub until_us: Option<u64>,
    /// The server that it hit, if it hit one alone.
    pub server: Option<u64>,
    /// What it was, in few words, such as `killed` or `cut off from servers 1 and 2`.
    pub text: String,
}

/// The faults as the page gets them: in the unit of the history, since its first operation, by
/// their beginnings.
pub(super) fn json(faults: &[Fault], unit_ns: u64, cut: &Cut) -> Value {
    let time = |us: u64| cut.relative((u128::from(us) * 1000 / u128::from(unit_ns)) as u64);
    let mut faults: Vec<&Fault> = faults.iter().collect();
    faults.sort_by_key(|fault| (fault.from_us, fault.server));
    let one = |fault: &&Fault| {
        json!({
            "from": time(fault.from_us),
            "until": fault.until_us.map(time),
            "server": fault.server.map(|server| server.to_string()),
            "text": cut_short(&fault.text),
        })
    };
    json!({
        "total": faults.len(),
        "shown": faults.iter().take(FAULTS_MAX).map(one).collect::<Vec<_>>(),
    })
}
