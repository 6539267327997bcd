//! Verdicts: what the judge says of one history and one level, with its proof, and in words.

use crate::model::history::History;
use crate::model::level::Level;
use crate::model::names::compact;
use crate::model::operation::Operation;
use crate::witness::Witness;

/// How many operations of a witness order or a clash are put into words.
const SHOWN_MAX: usize = 40;
/// How long a line of a witness order becomes before it is broken.
const LINE_CHARS: usize = 86;

/// What the judge says of one history and one level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The level it is about.
    pub level: Level,
    /// Holds, violated or undecided.
    pub outcome: Outcome,
    /// What else is worth knowing and is no part of the level, one sentence each.
    pub notes: Vec<String>,
}

/// The three outcomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The history meets the level.
    Holds {
        /// What proves it, except for `eventual`. Operations that never ran and reads that do not
        /// count are not in it.
        witness: Option<Witness>,
    },
    /// It does not.
    Violated(Clash),
    /// It is not known, and why.
    Undecided(String),
}

/// A proof that a history violates a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Operations that cannot all be explained, as indices into the history, by start.
    pub operations: Vec<usize>,
    /// Why not, in one sentence.
    pub sentence: String,
    /// The cycle that they run in, if they do: each link's second operation is the next one's
    /// first, and the last one's is the first one's. Some operations of the clash may only be named
    /// as reasons.
    pub cycle: Vec<Link>,
}

/// One operation that must come before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The first, as an index into the history.
    pub from: usize,
    /// The second.
    pub to: usize,
    /// Why it must.
    pub why: Reason,
}

/// Why one operation must come before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The same client did one after the other.
    ProgramOrder,
    /// The second saw what the first wrote.
    ReadsFrom,
    /// The first was over before the second began.
    RealTime,
    /// Two writes of one key: this operation had the first among what came before it, and saw the
    /// second.
    Conflict {
        /// Who saw the second, as an index into the history.
        reader: usize,
    },
    /// The first saw a value that the second, which comes after that value, replaced.
    Overwritten {
        /// Who wrote that value; `None`: it is the initial one.
        maker: Option<usize>,
    },
}

impl Reason {
    /// Its name, as the literature has it.
    pub fn name(&self) -> &'static str {
        match self {
            Reason::ProgramOrder => "program order",
            Reason::ReadsFrom => "reads from",
            Reason::RealTime => "real time",
            Reason::Conflict { .. } => "conflict",
            Reason::Overwritten { .. } => "overwritten",
        }
    }

    /// The reason in a sentence.
    fn describe(&self, history: &History) -> String {
        let name = |index: usize| compact(&history.operations[index]);
        match *self {
            Reason::ProgramOrder => "one client did both, in this order".into(),
            Reason::ReadsFrom => "the second saw what the first wrote".into(),
            Reason::RealTime => "the first had ended when the second began".into(),
            Reason::Conflict { reader } => {
                format!("{} after the first was there, so the second is the newer", name(reader))
            }
            Reason::Overwritten { maker: Some(maker) } => {
                format!("the first saw {}, which the second replaced", name(maker))
            }
            Reason::Overwritten { maker: None } => {
                "the first saw the initial value, which the second replaced".into()
            }
        }
    }
}

impl Link {
    /// As JSON: the two operations, the name of the reason, and the reason in a sentence.
    pub fn json(&self, history: &History) -> serde_json::Value {
        serde_json::json!({
            "from": self.from,
            "to": self.to,
            "why": self.why.name(),
            "because": self.why.describe(history),
        })
    }
}

impl Verdict {
    /// Whether the level holds.
    pub fn holds(&self) -> bool {
        matches!(self.outcome, Outcome::Holds { .. })
    }

    /// Whether the level is violated.
    pub fn is_violated(&self) -> bool {
        matches!(self.outcome, Outcome::Violated(_))
    }

    /// The clash of a violated level.
    pub fn clash(&self) -> Option<&Clash> {
        match &self.outcome {
            Outcome::Violated(clash) => Some(clash),
            _ => None,
        }
    }

    /// The outcome in one word: `holds`, `violated` or `undecided`.
    pub fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Holds { .. } => "holds",
            Outcome::Violated(_) => "violated",
            Outcome::Undecided(_) => "undecided",
        }
    }

    /// The proof in lines for a person to read: the witness order; or the sentence and the
    /// operations of the clash, one a line; or the reason why nothing is known; then the notes.
    pub fn lines(&self, history: &History) -> Vec<String> {
        let mut lines = match &self.outcome {
            Outcome::Holds { witness: None } => Vec::new(),
            Outcome::Holds { witness: Some(witness) } => witness_lines(history, witness),
            Outcome::Violated(clash) => clash_lines(history, clash),
            Outcome::Undecided(why) => vec![why.clone()],
        };
        lines.extend(self.notes.iter().cloned());
        lines
    }
}

/// How many orders of a witness are put into words.
const ORDERS_SHOWN_MAX: usize = 8;

fn witness_lines(history: &History, witness: &Witness) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = witness.orders.iter().filter(|order| !order.operations.is_empty());
    for order in shown.take(ORDERS_SHOWN_MAX) {
        let whose = match (order.client, order.server) {
            (Some(client), Some(server)) => {
                format!("witness for client {client} at server {server}:")
            }
            (Some(client), None) => format!("witness for client {client}:"),
            _ => "witness:".to_string(),
        };
        lines.extend(order_lines(history, whose, &order.operations));
    }
    if witness.orders.len() > ORDERS_SHOWN_MAX {
        lines.push(format!("… and {} more orders", witness.orders.len() - ORDERS_SHOWN_MAX));
    }
    lines
}

fn order_lines(history: &History, mut line: String, order: &[usize]) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, &index) in order.iter().take(SHOWN_MAX).enumerate() {
        let word = compact(&history.operations[index]);
        if at > 0 && line.chars().count() + word.chars().count() + 3 > LINE_CHARS {
            lines.push(std::mem::replace(&mut line, String::from("  →")));
        } else if at > 0 {
            line.push_str(" →");
        }
        line.push(' ');
        line.push_str(&word);
    }
    lines.push(line);
    if order.len() > SHOWN_MAX {
        lines.push(format!("  → … and {} more", order.len() - SHOWN_MAX));
    }
    lines
}

/// An operation of a clash: what it was, where, when, and its place in the file.
fn clash_line(history: &History, operation: &Operation) -> String {
    let at = operation.server.map_or(String::new(), |server| format!(" at server {server}"));
    let when = history.unit().interval(operation.start, operation.end);
    let place = operation.place().map_or(String::new(), |place| format!(" ({place})"));
    format!("{}{at}, {when}{place}", compact(operation))
}

fn clash_lines(history: &History, clash: &Clash) -> Vec<String> {
    let mut lines = vec![clash.sentence.clone()];
    for &index in clash.operations.iter().take(SHOWN_MAX) {
        lines.push(format!("  {}", clash_line(history, &history.operations[index])));
    }
    if clash.operations.len() > SHOWN_MAX {
        lines.push(format!("  … and {} more", clash.operations.len() - SHOWN_MAX));
    }
    lines
}
