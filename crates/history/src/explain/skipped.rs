//! What a file holds besides operations, in words and for a machine.

use serde_json::{Value, json};

use crate::model::history::History;
use crate::model::skipped::Skipped;

/// How many clients are named by their other name; more say nothing new.
const NAMES_SHOWN_MAX: usize = 20;

/// What was skipped, in one line; `None` if nothing was.
pub(crate) fn line(history: &History) -> Option<String> {
    let Skipped { comments, nemesis, again, others } = history.skipped;
    let counts = [
        (comments, "comment", "comments"),
        (nemesis, "line of the nemesis", "lines of the nemesis"),
        (history.faults.len(), "fault", "faults"),
        (again, "crash told again", "crashes told again"),
        (others, "line that is no event", "lines that are no events"),
    ];
    let words = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|&(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }));
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| format!("{} skipped", words.join(", ")))
}

/// The clients that have names, in one line; `None` if none has.
pub(crate) fn names_line(history: &History) -> Option<String> {
    let names = &history.client_names;
    let words = names.iter().take(NAMES_SHOWN_MAX);
    let words: Vec<String> =
        words.map(|(client, name)| format!("client {client} is {name}")).collect();
    let more = match names.len().saturating_sub(NAMES_SHOWN_MAX) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    (!words.is_empty()).then(|| format!("{}{more}", words.join(", ")))
}

/// What was skipped, for a machine.
pub(crate) fn json(history: &History) -> Value {
    let Skipped { comments, nemesis, again, others } = history.skipped;
    json!({
        "comments": comments,
        "nemesis": nemesis,
        "faults": history.faults.len(),
        "again": again,
        "others": others,
    })
}
