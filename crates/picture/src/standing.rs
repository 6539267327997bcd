//! Where servers stood in the logs while operations went on, as they said when they were asked for
//! it: lines, one for each stretch over which a server answered.

use std::collections::BTreeMap;

use history::{Position, Replica};
use serde_json::{Value, json};

use super::columns::{height, in_words};
use super::cut::Cut;

/// How long a server may be silent between two points of one line, in microseconds.
const SILENT_US_MAX: u64 = 400_000;
/// How many points a page shows.
const POINTS_MAX: usize = 20_000;

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

/// The lines as the page gets them: in the unit of the history, since its first operation.
pub(super) fn json(standings: &[Standing], unit_ns: u64, cut: &Cut) -> Value {
    let time = |us: u64| cut.relative((u128::from(us) * 1000 / u128::from(unit_ns)) as u64);
    let mut left = POINTS_MAX;
    let mut shown = vec![];
    for line in lines(standings) {
        if line.len() > left {
            break;
        }
        left -= line.len();
        shown.push(json!({
            "server": line[0].server.to_string(),
            "at": line.iter().map(|one| time(one.at_us)).collect::<Vec<_>>(),
            "height": line.iter().map(|one| height(&one.position)).collect::<Vec<_>>(),
            "place": line.iter().map(|one| in_words(&one.position)).collect::<Vec<_>>(),
        }));
    }
    shown.into()
}

/// What each server said without a long silence. Of equal places in a row the first and the last
/// are kept.
fn lines(standings: &[Standing]) -> Vec<Vec<&Standing>> {
    let mut servers: BTreeMap<u64, Vec<&Standing>> = BTreeMap::new();
    for standing in standings {
        servers.entry(standing.server).or_default().push(standing);
    }
    let speaks_on = |a: &&Standing, b: &&Standing| b.at_us <= a.at_us + SILENT_US_MAX;
    servers.values().flat_map(|all| all.chunk_by(speaks_on).map(corners)).collect()
}

fn corners<'a>(line: &[&'a Standing]) -> Vec<&'a Standing> {
    let same = |at: usize| line.get(at).map(|one| &one.position);
    let is_inner = |at: usize| at > 0 && same(at - 1) == same(at) && same(at) == same(at + 1);
    (0..line.len()).filter(|at| !is_inner(*at)).map(|at| line[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(at_us: u64, server: u64, index: u64) -> Standing {
        let position = Position::Agreed(history::Place { index, offset: 0 });
        Standing { at_us, server, position }
    }

    #[test]
    fn what_was_written_is_read() {
        let replica = Replica { node: 2, boot: 3 };
        let merged = Position::Merged(vec![(replica, 7)]);
        let told = [standing(1, 0, 4), Standing { position: merged, ..standing(5, 2, 0) }];
        let text = Standing::to_jsonl(&told);
        assert_eq!(Standing::from_jsonl(&text), told);
        assert!(Standing::from_jsonl("{\n{}\n[1]\n").is_empty());
    }

    #[test]
    fn a_silence_ends_a_line_and_equal_places_keep_their_ends() {
        let told = [
            standing(0, 1, 4),
            standing(10, 0, 4),
            standing(100_000, 1, 4),
            standing(200_000, 1, 4),
            standing(300_000, 1, 5),
            standing(800_000, 1, 5),
        ];
        let times: Vec<Vec<u64>> = lines(&told)
            .into_iter()
            .map(|line| line.into_iter().map(|one| one.at_us).collect())
            .collect();
        assert_eq!(times, [vec![10], vec![0, 200_000, 300_000], vec![800_000]]);
    }
}
