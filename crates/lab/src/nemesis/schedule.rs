//! Which fault comes next.

use std::collections::VecDeque;

use crate::scenario::{Fault, When};

/// The faults that did not come yet, those of one kind of time in the order in which they will.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    timed: VecDeque<(u64, Fault)>,
    counted: VecDeque<(u64, Fault)>,
    /// Those whose time has come.
    due: VecDeque<Fault>,
}

impl Schedule {
    /// All faults of a scenario. Of those that come at the same time, the file's order counts.
    pub(crate) fn of(faults: &[Fault]) -> Schedule {
        let mut schedule = Schedule::default();
        for fault in faults {
            match fault.when {
                When::AtMs(ms) => schedule.timed.push_back((ms, fault.clone())),
                When::AfterOperations(count) => schedule.counted.push_back((count, fault.clone())),
            }
        }
        schedule.timed.make_contiguous().sort_by_key(|(ms, _)| *ms);
        schedule.counted.make_contiguous().sort_by_key(|(count, _)| *count);
        schedule
    }

    /// When the next fault that waits for a time will come, in milliseconds since the start.
    pub(crate) fn next_at_ms(&self) -> Option<u64> {
        self.timed.front().map(|(ms, _)| *ms)
    }

    /// So much time has passed, and so many operations have ended.
    pub(crate) fn advance(&mut self, ms: u64, operations: u64) {
        while let Some((_, fault)) = self.timed.pop_front_if(|(at, _)| *at <= ms) {
            self.due.push_back(fault);
        }
        while let Some((_, fault)) = self.counted.pop_front_if(|(count, _)| *count <= operations) {
            self.due.push_back(fault);
        }
    }

    /// The next fault whose time has come.
    pub(crate) fn take_due(&mut self) -> Option<Fault> {
        self.due.pop_front()
    }

    /// Those that did not come.
    pub(crate) fn left(&self) -> impl Iterator<Item = &Fault> {
        let waiting = self.timed.iter().chain(&self.counted).map(|(_, fault)| fault);
        self.due.iter().chain(waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn faults_come_in_the_order_of_their_times() {
        let text = r#"{"num_servers":9,"consistency_level":"eventual","faults":[
            {"at_ms":30,"kill":3},{"after_operations":5,"kill":5},{"at_ms":10,"kill":1},
            {"at_ms":30,"kill":4},{"after_operations":2,"kill":2}]}"#;
        let scenario = Scenario::parse("f", text).unwrap();
        let mut schedule = Schedule::of(&scenario.faults);
        let mut come = vec![];
        for (ms, operations) in [(0, 0), (9, 1), (10, 1), (10, 4), (100, 5)] {
            schedule.advance(ms, operations);
            while let Some(fault) = schedule.take_due() {
                come.push((ms, fault.place.column));
            }
        }
        let order: Vec<u64> = come.iter().map(|(ms, _)| *ms).collect();
        assert_eq!(order, [10, 10, 100, 100, 100]);
        assert_eq!(schedule.left().count(), 0);
        assert_eq!(schedule.next_at_ms(), None);
    }
}
