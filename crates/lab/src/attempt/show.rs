//! What the terminal shows of the operations of an attempt, as they happen.

use super::task::Task;
use crate::report::terminal::Terminal;
use crate::report::{Live, Phase, Rows};

/// What the terminal shows of the operations.
pub(super) struct Show {
    pub(super) live: Live,
    pub(super) rows: Rows,
    /// The random ones since the last fault.
    pub(super) phase: Phase,
}

impl Show {
    /// Nothing is shown yet.
    pub(super) fn of(task: &Task<'_>) -> Show {
        Show {
            live: Live::of(task.scenario),
            rows: Rows::of(task.scenario.operations(), task.all),
            phase: Phase::default(),
        }
    }

    /// Tells of the random operations since the last fault.
    pub(super) fn tell_phase(&mut self, terminal: &mut Terminal) {
        if let Some(line) = std::mem::take(&mut self.phase).line() {
            terminal.tell(line);
        }
    }
}
