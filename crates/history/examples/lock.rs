//! A model of one's own: a lock with fencing tokens, and a history in which two clients hold it at
//! once. `cargo run -p history --example lock`

use history::{Budget, Event, Model, Outcome, check_model};

/// A lock that says with which token it was taken; tokens only grow.
struct Lock;

/// What was asked, and what came back.
#[derive(Debug)]
enum Ask {
    /// Took it, with this token, or not.
    Take(Option<u64>),
    /// Gave it back.
    Free,
}

impl Model for Lock {
    type Operation = Ask;
    /// Whether it is taken, and the last token.
    type State = (bool, u64);

    fn init(&self) -> Self::State {
        (false, 0)
    }

    fn step(&self, &(taken, last): &Self::State, ask: &Ask) -> Option<Self::State> {
        match ask {
            Ask::Take(Some(token)) => (!taken && *token > last).then_some((true, *token)),
            Ask::Take(None) => taken.then_some((taken, last)),
            Ask::Free => taken.then_some((false, last)),
        }
    }

    fn is_look(&self, ask: &Ask) -> bool {
        matches!(ask, Ask::Take(None))
    }
}

fn main() {
    let event = |client, start, operation| Event { client, start, end: Some(start + 5), operation };
    let history = |second| {
        vec![
            event(0, 0, Ask::Take(Some(1))),
            event(1, 10, Ask::Take(second)),
            event(0, 20, Ask::Free),
            event(1, 30, Ask::Take(Some(2))),
        ]
    };
    for (name, events) in
        [("one after the other", history(None)), ("both at once", history(Some(2)))]
    {
        match check_model(&Lock, &events, true, &Budget::default()) {
            Outcome::Holds { .. } => println!("{name}: linearizable"),
            Outcome::Violated(clash) => {
                println!("{name}: no order explains these");
                for index in clash.operations {
                    println!("  client {}: {:?}", events[index].client, events[index].operation);
                }
            }
            Outcome::Undecided(why) => println!("{name}: not decided: {why}"),
        }
    }
}
