//! What a judgement may cost. Past it the verdict is undecided, never a guess.

use std::time::{Duration, Instant};

/// The limits of one judgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How long it may take; the one limit that makes a verdict depend on the machine.
    pub time_max: Duration,
    /// How many states one search may visit; several keys are several searches.
    pub states_max: u64,
    /// How many bytes a search may keep in memory.
    pub memory_bytes_max: usize,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            time_max: Duration::from_secs(60),
            states_max: u64::MAX,
            memory_bytes_max: 2 << 30,
        }
    }
}

/// How many states are visited between two looks at the clock; a state can take a millisecond.
const CLOCK_STATES: u64 = 16;

/// How many steps are taken between two looks at the clock. A step is to compare or copy a number
/// or two, so these take less than a millisecond.
pub(crate) const CLOCK_STEPS: usize = 1 << 16;

const NO_MEMORY: &str = "its budget of memory is spent";

/// What is left of a budget while a judgement runs.
#[derive(Debug)]
pub(crate) struct Meter {
    deadline: Option<Instant>,
    states: u64,
    states_max: u64,
    /// Steps since the clock was looked at.
    steps: usize,
    memory_bytes_max: usize,
    exhausted: Option<&'static str>,
}

impl Meter {
    /// A meter for work on something that takes so many bytes by itself.
    pub(crate) fn new(budget: &Budget, bytes: usize) -> Meter {
        Meter {
            deadline: Instant::now().checked_add(budget.time_max),
            states: 0,
            states_max: budget.states_max,
            steps: 0,
            memory_bytes_max: budget.memory_bytes_max.saturating_sub(bytes),
            exhausted: (bytes > budget.memory_bytes_max).then_some(NO_MEMORY),
        }
    }

    /// A meter for a part of the work, which may visit at most `states_max` states; it shares the
    /// deadline, and what it spends is not charged here.
    pub(crate) fn part(&self, states_max: u64) -> Meter {
        Meter {
            deadline: self.deadline,
            states: 0,
            states_max: states_max.min(self.states_max.saturating_sub(self.states)),
            steps: self.steps,
            memory_bytes_max: self.memory_bytes_max,
            exhausted: self.exhausted,
        }
    }

    /// A meter for one of `threads` that work at the same time; they share the memory.
    pub(crate) fn share(&self, threads: usize) -> Meter {
        let memory_bytes_max = self.memory_bytes_max / threads.max(1);
        Meter { memory_bytes_max, ..self.part(u64::MAX) }
    }

    /// Counts work that costs as much as so many states, and looks at the clock.
    pub(crate) fn visit_more(&mut self, states: u64, bytes: usize) -> bool {
        self.states += states - 1;
        self.visit(bytes) && self.check_time()
    }

    /// Counts steps of work that visits no states; false when the budget is spent.
    pub(crate) fn steps(&mut self, steps: usize) -> bool {
        self.steps += steps;
        if self.steps >= CLOCK_STEPS {
            self.check_time();
        }
        self.exhausted.is_none()
    }

    /// Counts one state; false when the budget is spent. The search takes so many bytes by now.
    pub(crate) fn visit(&mut self, bytes: usize) -> bool {
        self.states += 1;
        if self.states > self.states_max {
            self.exhausted = Some("its budget of states is spent");
        } else if bytes > self.memory_bytes_max {
            self.exhausted = Some(NO_MEMORY);
        } else if self.states.is_multiple_of(CLOCK_STATES) {
            self.check_time();
        }
        self.exhausted.is_none()
    }

    /// How many states were visited.
    pub(crate) fn spent(&self) -> u64 {
        self.states
    }

    /// Looks at the clock; false when the budget is spent.
    pub(crate) fn check_time(&mut self) -> bool {
        effort::look();
        self.steps = 0;
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.exhausted = Some("its budget of time is spent");
        }
        self.exhausted.is_none()
    }

    /// Whether `bytes` may be taken at once.
    pub(crate) fn affords(&self, bytes: usize) -> bool {
        bytes <= self.memory_bytes_max
    }

    /// The same; if not, the budget of memory is spent.
    pub(crate) fn demand(&mut self, bytes: usize) -> bool {
        if !self.affords(bytes) {
            self.exhausted = Some(NO_MEMORY);
        }
        self.exhausted.is_none()
    }

    /// Why the judge stopped.
    pub(crate) fn reason(&self) -> String {
        let why = self.exhausted.unwrap_or("its budget is spent");
        match self.states {
            0 => format!("the judge stopped because {why}"),
            states => format!("the search stopped after {states} states because {why}"),
        }
    }
}

/// How much is done between two looks at the clock, counted where it is done and not by whoever
/// asks a meter: so a test sees a pass that asks none.
#[cfg(test)]
pub(crate) mod effort {
    use std::cell::Cell;

    thread_local! {
        static SINCE: Cell<usize> = const { Cell::new(0) };
        static MOST: Cell<usize> = const { Cell::new(0) };
    }

    /// So many steps were taken.
    pub(crate) fn spend(steps: usize) {
        SINCE.set(SINCE.get() + steps);
        MOST.set(MOST.get().max(SINCE.get()));
    }

    pub(super) fn look() {
        SINCE.set(0);
    }

    /// The most steps between two looks while `work` is done.
    pub(crate) fn most(work: impl FnOnce()) -> usize {
        SINCE.set(0);
        MOST.set(0);
        work();
        MOST.get()
    }
}

#[cfg(not(test))]
pub(crate) mod effort {
    #[inline(always)]
    pub(crate) fn spend(_steps: usize) {}
    #[inline(always)]
    pub(super) fn look() {}
}

/// So many bytes in words: megabytes, to one decimal where they are few.
pub(crate) fn megabytes(bytes: usize) -> String {
    let tenths = bytes / 100_000;
    match tenths {
        0..100 => format!("{}.{} MB", tenths / 10, tenths % 10),
        _ => format!("{} MB", tenths / 10),
    }
}

#[cfg(test)]
mod tests;
