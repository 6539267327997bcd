//! Shrinking: the shortest part of a plan that still violates the same invariant. Begin with
//! [`shrink`].
//!
//! Faults go first, in ever smaller parts (delta debugging: Zeller & Hildebrandt 2002), then
//! clients one by one, then operations, and then faults once more, since fewer clients may need
//! fewer of them. Each part is a world of its own, as repeatable as the whole: naming it brings it
//! back.

use crate::invariants::violation::Violation;
use crate::options::Options;
use crate::plan::Plan;
use crate::report::{Report, Shrunk};
use crate::world;

/// A world on its way to become smaller.
struct Shrinker<'a> {
    seed: u64,
    broken: Violation,
    best: Options,
    report: Report,
    worlds: u64,
    worlds_max: u64,
    progress: &'a mut dyn FnMut(u64, &Options),
}

/// Shrinks a world that violated an invariant, living at most so many others; `None` if it broke
/// none. `progress` hears how many were run, and of the smallest so far.
pub fn shrink(
    seed: u64,
    options: &Options,
    worlds_max: u64,
    progress: &mut dyn FnMut(u64, &Options),
) -> Option<Shrunk> {
    let report = world::run(seed, options);
    let broken = report.verdict.clone().err()?;
    let plan = Plan::draw(seed, options);
    let best = Options {
        only: Some(plan.faults.iter().map(|fault| fault.number).collect()),
        clients: Some(plan.clients.iter().copied().collect()),
        operations: Some(plan.operations.min(report.operations)),
        ..options.clone()
    };
    let mut shrinker = Shrinker { seed, broken, best, report, worlds: 0, worlds_max, progress };
    // It must be the same world when its parts are named.
    let whole = shrinker.best.clone();
    if shrinker.still_breaks(whole) {
        shrinker.drop_faults();
        shrinker.drop_clients();
        shrinker.drop_operations();
        shrinker.drop_faults();
    }
    let Shrinker { best, report, worlds, .. } = shrinker;
    Some(Shrunk { options: best, report, worlds })
}

impl Shrinker<'_> {
    /// Lives a smaller world; it is the best one from now on if it violates the same invariant in
    /// the same way.
    fn still_breaks(&mut self, options: Options) -> bool {
        if self.worlds >= self.worlds_max {
            return false;
        }
        self.worlds += 1;
        let report = world::run(self.seed, &options);
        let same = report.verdict.as_ref().is_err_and(|broken| broken.kind() == self.broken.kind());
        if same {
            (self.best, self.report) = (options, report);
        }
        (self.progress)(self.worlds, &self.best);
        same
    }

    /// Takes out parts of the plan, half of it at first, then single faults, until each that is
    /// left is needed.
    fn drop_faults(&mut self) {
        let mut part = self.faults().len().div_ceil(2).max(1);
        loop {
            let mut at = 0;
            let mut dropped = false;
            while at < self.faults().len() {
                let mut only = self.faults();
                only.drain(at..(at + part).min(only.len()));
                if self.still_breaks(Options { only: Some(only), ..self.best.clone() }) {
                    dropped = true;
                } else {
                    at += part;
                }
            }
            if part == 1 && !dropped {
                return;
            }
            part = part.div_ceil(2);
        }
    }

    fn drop_clients(&mut self) {
        let mut at = 0;
        while at < self.clients().len() {
            let mut clients = self.clients();
            clients.remove(at);
            if !self.still_breaks(Options { clients: Some(clients), ..self.best.clone() }) {
                at += 1;
            }
        }
    }

    /// Halves the operations as often as it goes, then takes off ever less.
    fn drop_operations(&mut self) {
        let mut step = self.operations().div_ceil(2);
        while step > 0 {
            let fewer = self.operations().saturating_sub(step);
            if !self.still_breaks(Options { operations: Some(fewer), ..self.best.clone() }) {
                step /= 2;
            }
        }
    }

    fn faults(&self) -> Vec<usize> {
        self.best.only.clone().unwrap_or_default()
    }

    fn clients(&self) -> Vec<usize> {
        self.best.clients.clone().unwrap_or_default()
    }

    fn operations(&self) -> u64 {
        self.best.operations.unwrap_or(0)
    }
}
