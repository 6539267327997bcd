//! Where servers stood in the logs while operations went on, as they said when they were asked for
//! it: lines, one for each stretch over which a server answered.

use std::collections::BTreeMap;

use history::Position;
use serde_json::{Value, json};

use super::columns::{height, in_words};
use super::cut::Cut;

/// How long a server may be silent between two points of one line, in microseconds.
const SILENT_US_MAX: u64 = 400_000;
/// How many points a page shows.
const POINTS_MAX: usize = 20_000;

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
