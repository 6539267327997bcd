//! Objects other than registers: anything that can say what one operation does to its state.

use std::hash::Hash;

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
