//! A verdict of the judge in the form that the picture needs.

use history::{History, Outcome, Verdict};
use serde_json::{Value, json};

use super::cut::{CLASH_MAX, Cut};

/// How many places in orders one level may bring, over all its orders together.
const PLACES_MAX: usize = 30_000;

/// What the judge says about one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruling {
    /// The name of the level; behind the order of the keyspaces that it is about, if that is not
    /// the order of what has no keyspace.
    pub level: String,
    /// `holds`, `violated` or `undecided`.
    pub word: String,
    /// Why it is violated or undecided.
    pub why: Option<String>,
    /// What else is worth knowing.
    pub notes: Vec<String>,
    /// The operations of the clash, as indices into the history.
    pub clash: Vec<usize>,
    /// The cycle that they run in, if they do.
    pub cycle: Vec<Link>,
    /// The orders that prove that it holds.
    pub orders: Vec<Order>,
}

/// One operation that must come before another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The first, as an index into the history.
    pub from: usize,
    /// The second.
    pub to: usize,
    /// The name of the reason.
    pub why: String,
    /// The reason in a sentence.
    pub because: String,
}

/// An order of operations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// The client for whom it is, if it is not for all.
    pub client: Option<u64>,
    /// Indices into the history's operations.
    pub operations: Vec<usize>,
}

impl Ruling {
    /// The verdict about a history.
    pub fn of(verdict: &Verdict, history: &History) -> Ruling {
        let mut ruling = Ruling {
            level: verdict.level.to_string(),
            word: verdict.word().to_owned(),
            notes: verdict.notes.clone(),
            ..Ruling::default()
        };
        match &verdict.outcome {
            Outcome::Holds { witness } => {
                let order = |order: &history::Order| Order {
                    client: order.client,
                    operations: order.operations.clone(),
                };
                ruling.orders = witness.iter().flat_map(|w| &w.orders).map(order).collect();
            }
            Outcome::Violated(clash) => {
                ruling.why = Some(clash.sentence.clone());
                ruling.clash = clash.operations.clone();
                ruling.cycle =
                    clash.cycle.iter().map(|link| Link::from_json(&link.json(history))).collect();
            }
            Outcome::Undecided(why) => ruling.why = Some(why.clone()),
        }
        ruling
    }

    /// The verdicts inside what `history::report` says in JSON.
    pub fn from_report(report: &Value) -> Vec<Ruling> {
        let verdicts = report["verdicts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_default = |verdict: &&Value| {
            verdict["keyspaces"].as_array().is_some_and(|all| all.contains(&json!("")))
        };
        let default = verdicts.iter().find(is_default).map(|verdict| &verdict["order"]);
        let named = |verdict: &Value| {
            let other = verdict["order"].as_str().filter(|_| Some(&verdict["order"]) != default);
            let ruling = Ruling::from_json(verdict);
            let level = other.map(|order| format!("{order} {}", ruling.level));
            match level {
                Some(level) => Ruling { level, ..ruling },
                None => ruling,
            }
        };
        verdicts.iter().map(named).collect()
    }

    fn from_json(verdict: &Value) -> Ruling {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let clash = &verdict["clash"];
        Ruling {
            level: text(&verdict["level"]).unwrap_or_default(),
            word: text(&verdict["verdict"]).unwrap_or_default(),
            why: text(&clash["sentence"]).or_else(|| text(&verdict["reason"])),
            notes: verdict["notes"].as_array().into_iter().flatten().filter_map(text).collect(),
            clash: indices(&clash["operations"]),
            cycle: clash["cycle"].as_array().into_iter().flatten().map(Link::from_json).collect(),
            orders: Order::all(&verdict["witness"]),
        }
    }

    /// The ruling as the page gets it: operations by their place among those that are shown.
    pub(super) fn json(&self, cut: &Cut) -> Value {
        let mut left = PLACES_MAX;
        let mut orders = vec![];
        for order in &self.orders {
            let (places, operations): (Vec<usize>, Vec<usize>) = order
                .operations
                .iter()
                .enumerate()
                .filter_map(|(place, index)| Some((place, cut.place(*index)?)))
                .unzip();
            if operations.len() > left {
                break;
            }
            left -= operations.len();
            // Without a cut every place is there, and the page can count them itself.
            let places = (operations.len() < order.operations.len()).then_some(places);
            orders.push(json!({
                "client": order.client.map(|client| client.to_string()),
                "total": order.operations.len(),
                "places": places,
                "operations": operations,
            }));
        }
        let cycle = self.cycle.iter().take(CLASH_MAX).filter_map(|link| link.json(cut));
        let clash = self.clash.iter().take(CLASH_MAX).filter_map(|index| cut.place(*index));
        json!({
            "level": self.level,
            "word": self.word,
            "why": self.why,
            "notes": self.notes,
            "clash": clash.collect::<Vec<_>>(),
            "clash_total": self.clash.len(),
            "cycle": cycle.collect::<Vec<_>>(),
            "orders_left_out": self.orders.len() - orders.len(),
            "orders": orders,
        })
    }
}

impl Link {
    fn from_json(link: &Value) -> Link {
        let index = |value: &Value| value.as_u64().and_then(|index| usize::try_from(index).ok());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Link {
            // What is no index is out of every range, and so is left out.
            from: index(&link["from"]).unwrap_or(usize::MAX),
            to: index(&link["to"]).unwrap_or(usize::MAX),
            why: text(&link["why"]),
            because: text(&link["because"]),
        }
    }

    fn json(&self, cut: &Cut) -> Option<Value> {
        let (from, to) = (cut.place(self.from)?, cut.place(self.to)?);
        Some(json!({ "from": from, "to": to, "why": self.why, "because": self.because }))
    }
}

impl Order {
    /// The orders of a witness: one order, or an object with several.
    fn all(witness: &Value) -> Vec<Order> {
        if witness.is_array() {
            return vec![Order { client: None, operations: indices(witness) }];
        }
        let orders = witness["orders"].as_array().map(Vec::as_slice).unwrap_or_default();
        let one = |order: &Value| Order {
            client: order["client"].as_u64(),
            operations: indices(&order["operations"]),
        };
        orders.iter().map(one).collect()
    }
}

fn indices(array: &Value) -> Vec<usize> {
    let index = |value: &Value| usize::try_from(value.as_u64()?).ok();
    array.as_array().into_iter().flatten().filter_map(index).collect()
}
