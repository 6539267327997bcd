//! Objects other than registers: anything that can say what one operation does to its state.

use std::hash::Hash;

use crate::budget::{Budget, Meter};
use crate::search::Found;
use crate::search::modelled::search;
use crate::verdict::{Clash, Outcome};
use crate::witness::{Order, Witness};

/// What an object does, one operation at a time.
///
/// ```
/// use history::{Budget, Event, Model, Outcome, check_model};
///
/// /// A lock that anyone can take while it is free.
/// struct Lock;
///
/// enum Ask {
///     Take { got: bool },
///     Free,
/// }
///
/// impl Model for Lock {
///     type Operation = Ask;
///     type State = bool;
///
///     fn init(&self) -> bool {
///         false
///     }
///
///     fn step(&self, taken: &bool, ask: &Ask) -> Option<bool> {
///         match ask {
///             Ask::Take { got } => (*got != *taken).then_some(true),
///             Ask::Free => Some(false),
///         }
///     }
/// }
///
/// let take = |client, start, got| {
///     Event { client, start, end: Some(start + 5), operation: Ask::Take { got } }
/// };
/// // Two clients that hold the lock at once.
/// let events = [take(0, 0, true), take(1, 10, true)];
/// let outcome = check_model(&Lock, &events, true, &Budget::default());
/// assert!(matches!(outcome, Outcome::Violated(_)));
/// ```
pub trait Model {
    /// What was asked, together with what was answered (which may be "unknown").
    type Operation;
    /// All that the object remembers.
    type State: Clone + Eq + Hash;

    /// The state before the first operation.
    fn init(&self) -> Self::State;

    /// The state behind an operation, or `None` if in this state it cannot have been answered so.
    /// The same state and operation must always give the same.
    fn step(&self, state: &Self::State, operation: &Self::Operation) -> Option<Self::State>;

    /// Whether an operation never changes any state. Saying so makes the search much faster.
    fn is_look(&self, _operation: &Self::Operation) -> bool {
        false
    }

    /// How many bytes a state takes, for the budget of memory; to be told where a state holds more
    /// than itself, such as a vector.
    fn state_bytes(&self, _state: &Self::State) -> usize {
        size_of::<Self::State>()
    }

    /// Whether `can_reach` is told of an operation. Saying no of those that never change its answer
    /// saves the time to tell them.
    fn may_help(&self, _operation: &Self::Operation) -> bool {
        true
    }

    /// Whether a look can still be answered as it was, when at most these operations, in any order,
    /// come before it. Saying no where it is plain lets the search turn back early.
    fn can_reach(
        &self,
        _state: &Self::State,
        _look: &Self::Operation,
        _before: &mut dyn Iterator<Item = &Self::Operation>,
    ) -> bool {
        true
    }
}

/// One operation on an object of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<O> {
    /// The client that asked; its operations follow one another.
    pub client: u64,
    /// When it asked.
    pub start: u64,
    /// When it was answered; `None` if it was not: then the operation may have taken effect at any
    /// later time, or never, and its client asked nothing more.
    pub end: Option<u64>,
    /// What was asked and answered.
    pub operation: O,
}

/// Judges whether a history of one object is linearizable (`real_time`) or sequential. A witness is
/// one order of indices into `events`; a clash is all events but those looks that it does not need.
pub fn check_model<M: Model>(
    model: &M,
    events: &[Event<M::Operation>],
    real_time: bool,
    budget: &Budget,
) -> Outcome {
    if let Err(why) = in_order(events) {
        return Outcome::Undecided(why);
    }
    let mut meter = Meter::new(budget, 0);
    let all: Vec<usize> = (0..events.len()).collect();
    match search(model, events, &all, real_time, &mut meter) {
        Found::Order(order) => {
            let operations = order.into_iter().map(|id| id as usize).collect();
            let order = Order { operations, ..Order::default() };
            Outcome::Holds { witness: Some(Witness { orders: vec![order], sources: Vec::new() }) }
        }
        Found::Nothing => Outcome::Violated(clash(model, events, real_time, &meter)),
        Found::Exhausted(explained) => Outcome::Undecided(format!(
            "{}; the longest order found has {explained} events",
            meter.reason()
        )),
    }
}

/// Each client does one thing at a time and stops after an unknown outcome.
fn in_order<O>(events: &[Event<O>]) -> Result<(), String> {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by_key(|&i| (events[i].client, events[i].start, events[i].end.unwrap_or(u64::MAX)));
    for pair in order.windows(2) {
        let (before, after) = (&events[pair[0]], &events[pair[1]]);
        let apart = before.client != after.client
            || before.end.is_some_and(|end| end <= after.start && end >= before.start);
        if !apart {
            return Err(format!(
                "events {} and {} of client {} overlap",
                pair[0], pair[1], before.client
            ));
        }
    }
    Ok(())
}

/// States that a try to leave out one look may visit.
const SHRINK_STATES_MAX: u64 = 20_000;
/// Looks of which each is tried by itself.
const SHRINK_LOOKS_MAX: usize = 500;

/// The events that are needed for the violation; only looks can be left out of a legal order
/// without asking what depends on them.
fn clash<M: Model>(
    model: &M,
    events: &[Event<M::Operation>],
    real_time: bool,
    meter: &Meter,
) -> Clash {
    let mut kept: Vec<usize> = (0..events.len()).collect();
    let looks = |&index: &usize| model.is_look(&events[index].operation);
    let looks: Vec<usize> = kept.iter().copied().filter(looks).take(SHRINK_LOOKS_MAX).collect();
    for look in looks {
        let rest: Vec<usize> = kept.iter().copied().filter(|&index| index != look).collect();
        let mut part = meter.part(SHRINK_STATES_MAX);
        if let Found::Nothing = search(model, events, &rest, real_time, &mut part) {
            kept = rest;
        }
    }
    let keeps = if real_time { "real time and each client's order" } else { "each client's order" };
    let sentence =
        format!("no order of these {} events keeps {keeps} and explains them", kept.len());
    Clash { operations: kept, sentence, circle: vec![] }
}
