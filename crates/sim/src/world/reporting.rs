//! How a world that is over becomes its report.

use super::World;
use crate::plan::fault::{Fault, NAMES, Target};
use crate::record::operation::Outcome;
use crate::report::{Planned, Report};

impl World {
    /// What became of it, once it is over.
    pub(super) fn into_report(self) -> Report {
        let count = |is: fn(&Outcome) -> bool| {
            self.record.iter().filter(|operation| is(&operation.outcome)).count() as u64
        };
        let stats = &self.stats;
        let faults = NAMES.iter().copied().zip(stats.faults).filter(|(_, count)| *count > 0);
        let (joined, removed) = self.operator.counts();
        Report {
            seed: self.plan.seed,
            trace_hash: self.trace.hash(),
            setting: self.plan.setting.to_string(),
            plan: self.planned(),
            operations: self.record.len() as u64,
            done: count(|outcome| matches!(outcome, Outcome::Done(_))),
            refused: count(|outcome| matches!(outcome, Outcome::Refused(_))),
            unknown: count(|outcome| matches!(outcome, Outcome::Unknown)),
            faults: faults.collect(),
            faults_under_way: stats.faults_under_way,
            elections: stats.elections(),
            snapshots: stats.snapshots,
            fetches: stats.fetches,
            log_reads: stats.log_reads,
            joined,
            removed,
            virtual_ms: self.now_us() / 1000,
            settled_ms: self.ending.settled_us.unwrap_or(0) / 1000,
            unavailable_ms: stats.unavailable_us_max / 1000,
            turns: stats.turns,
            messages: stats.messages,
            history: self.history(),
            diagram: self.recorder.finish(self.queue.now_us(), &self.record),
            judgements: self.judgements,
            verdict: self.violation.map_or(Ok(()), Err),
            shrunk: None,
            show_plan: false,
            story: self.trace.into_story(),
        }
    }

    /// The faults of its plan, in words.
    fn planned(&self) -> Vec<Planned> {
        let one = |(place, fault): (usize, &Fault)| Planned {
            number: fault.number,
            at_ms: fault.at_us / 1000,
            until_ms: fault.until_us / 1000,
            what: fault.kind.to_string(),
            whom: match (fault.kind.target(), self.faults[place].host) {
                (Some(Target::Leader(_)), Some(host)) => format!("node {}, the leader", host + 1),
                _ => fault.whom(),
            },
        };
        self.plan.faults.iter().enumerate().map(one).collect()
    }
}
