//! Histories with transactions. A clash among their parts, judged as operations by themselves, is
//! one of the whole, too: whatever explains the whole explains its parts. So that comes first,
//! since what is known of single keys is quick and tells most. Then all parts of a transaction must
//! stand at one moment.

use crate::budget::{Budget, Meter};
use crate::check::{clash, is_about_one_order, proven, witness};
use crate::levels::decide;
use crate::levels::decision::Decision;
use crate::model::clients;
use crate::model::history::History;
use crate::model::level::Level;
use crate::model::torn::Torn;
use crate::model::view::View;
use crate::verdict::{Clash, Link, Outcome, Reason};
use crate::witness::{Order, Witness};

/// States that may be spent on a clash among parts.
const PARTS_STATES_MAX: u64 = 100_000;

/// Judges a history with transactions by a level that is about orders.
pub(super) fn judge(history: &History, level: Level, budget: &Budget, bytes: usize) -> Outcome {
    let one_order = is_about_one_order(level);
    let (torn, order) = match (Torn::new(history), clients::in_order(history)) {
        (Ok(torn), Ok(order)) => (torn, order),
        (Err(why), _) => return Outcome::Undecided(why),
        (_, Err(disorder)) => return Outcome::Undecided(disorder.message),
    };
    if let Some((index, sentence)) = &torn.contradiction {
        let (operations, sentence) = (vec![*index], sentence.clone());
        return Outcome::Violated(Clash { operations, sentence, cycle: Vec::new() });
    }
    let mut meter = Meter::new(budget, bytes + torn.history.bytes());
    if one_order {
        let parts = View::of_torn(&torn, &order, level, false);
        let mut part = meter.part(PARTS_STATES_MAX);
        if let Decision::Violated(core) = decide(&parts, level, &mut part) {
            return Outcome::Violated(torn.told(clash(&parts, level, &core, &meter)));
        }
    }
    let whole = View::of_torn(&torn, &order, level, true);
    if !one_order && whole.has_updates.contains(&true) {
        return Outcome::Undecided(format!(
            "appends and increments, and transactions of unknown outcome that compare, are not \
             judged for {level}, only for levels that are about one order"
        ));
    }
    match decide(&whole, level, &mut meter) {
        Decision::Holds(proof) => proven(history, level, torn.proof(witness(&whole, proof))),
        Decision::Violated(core) => {
            Outcome::Violated(torn.told(clash(&whole, level, &core, &meter)))
        }
        Decision::Undecided(why) => Outcome::Undecided(why),
    }
}

impl Torn {
    /// The whole operation of a part.
    fn whole(&self, part: usize) -> usize {
        self.parts[part].whole as usize
    }

    /// A clash among parts as one of whole operations.
    fn told(&self, clash: Clash) -> Clash {
        let whole = |part| self.whole(part);
        let link = |link: &Link| Link {
            from: whole(link.from),
            to: whole(link.to),
            why: match link.why {
                Reason::Conflict { reader } => Reason::Conflict { reader: whole(reader) },
                Reason::Overwritten { maker } => Reason::Overwritten { maker: maker.map(whole) },
                other => other,
            },
        };
        let links = clash.cycle.iter().map(link);
        Clash {
            operations: self.wholes_of(&clash.operations),
            sentence: clash.sentence,
            // From one part of a transaction to another is no step.
            cycle: links.filter(|link| link.from != link.to).collect(),
        }
    }

    /// A witness about parts as one about whole operations. A transaction stands where its last
    /// part does, and says once of each key what it saw there.
    fn proof(&self, witness: Witness) -> Witness {
        let order = |order: Order| Order { operations: self.wholes_of(&order.operations), ..order };
        let key = |part: usize| self.history.operations[part].key.as_str();
        let mut parts = witness.sources;
        parts.dedup_by(|(next, _), (one, _)| {
            self.whole(*next) == self.whole(*one) && key(*next) == key(*one)
        });
        let source = |(part, source): (usize, Option<usize>)| {
            (self.whole(part), source.map(|source| self.whole(source)))
        };
        Witness {
            orders: witness.orders.into_iter().map(order).collect(),
            counted: vec![],
            sources: parts.into_iter().map(source).collect(),
        }
    }
}
