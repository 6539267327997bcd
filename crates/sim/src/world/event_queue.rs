//! What is going to happen, in the order of virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use node::{PathId, SessionId};

use crate::env::client::Asked;
use crate::env::host::Answer;
use crate::env::network::Flight;

/// Something that happens in the world. Hosts, links and clients are named by their places.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A node starts on what its disk kept.
    Boot { host: usize },
    /// Something arrived at a node, and it takes its turn.
    Turn { host: usize, life: u64 },
    /// A node's timer went off.
    Tick { host: usize, life: u64 },
    /// A pause of a node is over.
    Wake { host: usize },
    /// A sync of a node's disk ended.
    Synced { host: usize, life: u64 },
    /// A message arrives.
    Arrive(Flight),
    /// A node tries to connect to a peer.
    Dial { from: usize, to: usize },
    /// A node notices that a connection which is cut is dead.
    Break { from: usize, to: usize, epoch: u64 },
    /// A node hears that a connection is gone.
    Hangup { from: usize, to: usize, epoch: u64 },
    /// A node hears that a connection which was made to it is gone.
    Left { host: usize, life: u64, path: PathId },
    /// A client goes on.
    Client { client: usize, life: u64 },
    /// Requests of one client arrive at a node, together.
    Requests { host: usize, life: u64, session: SessionId, asked: Vec<Asked> },
    /// A node hears that a client's connection is closed.
    Closed { host: usize, life: u64, session: SessionId },
    /// An answer arrives at a client.
    Answer { client: usize, life: u64, answer: Answer },
    /// A client hears that its connection is gone.
    Lost { client: usize, life: u64 },
    /// A client looks whether it has waited too long.
    Impatient { client: usize },
    /// Clients hurry to ask: a fault is about to strike.
    Rush,
    /// A coup goes on.
    Rebel { fault: usize },
    /// Links of a flapping fault stop carrying, or carry again.
    Flap { fault: usize },
    /// Whether a node that was told to end may.
    Stop { fault: usize },
    /// A node dies, and starts again at once.
    Stumble { host: usize, life: u64 },
    /// A fault of the plan begins.
    Strike { fault: usize },
    /// A fault of the plan ends.
    Mend { fault: usize },
    /// All faults end.
    Heal,
    /// The world looks whether it has come to rest.
    Watch,
}

/// When, in which order among those of the same instant, and where the event lies.
type Appointment = (u64, u64, usize);

/// All that is going to happen. What is due at the same instant happens in the order it was put in.
///
/// - Every appointment in the row has its event at its place; all other places are free.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    now_us: u64,
    sequence: u64,
    row: BinaryHeap<Reverse<Appointment>>,
    /// Events are large, and a heap moves what is in it about.
    events: Vec<Option<Event>>,
    free: Vec<usize>,
}

impl Agenda {
    /// The time of the world, in microseconds since it began.
    pub(crate) fn now_us(&self) -> u64 {
        self.now_us
    }

    pub(crate) fn after(&mut self, delay_us: u64, event: Event) {
        self.at(self.now_us + delay_us, event);
    }

    pub(crate) fn at(&mut self, at_us: u64, event: Event) {
        assert!(at_us >= self.now_us, "nothing is put into the past");
        self.sequence += 1;
        let place = self.free.pop().unwrap_or_else(|| {
            self.events.push(None);
            self.events.len() - 1
        });
        self.events[place] = Some(event);
        self.row.push(Reverse((at_us, self.sequence, place)));
    }

    /// Moves time on to the next event and takes it out.
    pub(crate) fn next(&mut self) -> Option<Event> {
        let Reverse((at_us, _, place)) = self.row.pop()?;
        self.now_us = at_us;
        self.free.push(place);
        self.events[place].take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_then_order_of_entry() {
        let mut agenda = Agenda::default();
        agenda.at(20, Event::Strike { fault: 1 });
        agenda.at(10, Event::Strike { fault: 2 });
        agenda.at(20, Event::Strike { fault: 3 });
        let mut seen = vec![];
        while let Some(Event::Strike { fault }) = agenda.next() {
            seen.push((agenda.now_us(), fault));
        }
        assert_eq!(seen, [(10, 2), (20, 1), (20, 3)]);
    }
}
