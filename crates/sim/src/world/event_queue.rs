//! The event queue: what is going to happen, in the order of virtual time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::event::Event;

/// When, in which order among those of the same instant, and where the event lies.
type Appointment = (u64, u64, usize);

/// All that is going to happen. What is due at the same instant happens in the order it was put in.
///
/// - Every appointment in the row has its event at its place; all other places are free.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    now_us: u64,
    sequence: u64,
    row: BinaryHeap<Reverse<Appointment>>,
    /// Events are large, and a heap moves what is in it about.
    events: Vec<Option<Event>>,
    free: Vec<usize>,
}

impl EventQueue {
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
        let mut queue = EventQueue::default();
        queue.at(20, Event::FaultBegins { fault: 1 });
        queue.at(10, Event::FaultBegins { fault: 2 });
        queue.at(20, Event::FaultBegins { fault: 3 });
        let mut seen = vec![];
        while let Some(Event::FaultBegins { fault }) = queue.next() {
            seen.push((queue.now_us(), fault));
        }
        assert_eq!(seen, [(10, 2), (20, 1), (20, 3)]);
    }
}
