//! Where servers stood in the logs while operations went on, as they said when they were asked; and
//! the file in which that is kept.

use history::{Position, Replica};
use serde_json::{Value, json};

/// The file beside a run's history in which standings are kept, one a line.
pub const STANDINGS: &str = "standings.jsonl";

/// Where a server stood at an instant, as it said itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When it said so, in microseconds on the clock of the history's operations.
    pub at_us: u64,
    /// The number of the server.
    pub server: u64,
    /// What it had applied.
    pub position: Position,
}

impl Standing {
    /// The lines of such a file; positions stand there as in a history.
    pub fn to_jsonl(standings: &[Standing]) -> String {
        let line = |Standing { at_us, server, position }: &Standing| {
            let position = match position {
                Position::Agreed(place) => json!([place.index, place.offset]),
                Position::Merged(logs) => {
                    let log = |(log, index): &(Replica, u64)| {
                        (format!("{}.{}", log.node, log.boot), json!(index))
                    };
                    Value::Object(logs.iter().map(log).collect())
                }
            };
            json!({ "at_us": at_us, "server": server, "position": position }).to_string() + "\n"
        };
        standings.iter().map(line).collect()
    }

    /// What stands in such a file, but for lines that say nothing.
    pub fn from_jsonl(text: &str) -> Vec<Standing> {
        text.lines().filter_map(Standing::from_line).collect()
    }

    fn from_line(line: &str) -> Option<Standing> {
        let mut line: Value = serde_json::from_str(line).ok()?;
        let position = serde_json::from_value(line.get_mut("position")?.take()).ok()?;
        Some(Standing {
            at_us: line["at_us"].as_u64()?,
            server: line["server"].as_u64()?,
            position,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(at_us: u64, server: u64, position: Position) -> Standing {
        Standing { at_us, server, position }
    }

    #[test]
    fn what_was_written_is_read() {
        let agreed = Position::Agreed(history::Place { index: 4, offset: 0 });
        let merged = Position::Merged(vec![(Replica { node: 2, boot: 3 }, 7)]);
        let told = [standing(1, 0, agreed), standing(5, 2, merged)];
        let text = Standing::to_jsonl(&told);
        assert_eq!(Standing::from_jsonl(&text), told);
        assert!(Standing::from_jsonl("{\n{}\n[1]\n").is_empty());
    }
}
