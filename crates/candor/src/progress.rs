//! How far long work is, on a terminal alone.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often it moves.
const EVERY: Duration = Duration::from_millis(120);

/// Work of which nobody knows how much there will be.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Keys with which this is done.
    pub(crate) fn of_keys(done: &str) -> Progress {
        Progress::begin(&format!("{{spinner}} {{human_pos}} keys {done}, {{elapsed}}"))
    }

    /// Bytes with which this is done.
    pub(crate) fn of_bytes(done: &str) -> Progress {
        Progress::begin(&format!("{{spinner}} {{bytes}} {done}, {{elapsed}}"))
    }

    fn begin(template: &str) -> Progress {
        let style = ProgressStyle::with_template(template).expect("the template is valid");
        let bar = ProgressBar::new_spinner().with_style(style);
        bar.enable_steady_tick(EVERY);
        Progress(bar)
    }

    /// So much is done.
    pub(crate) fn tell(&self, done: u64) {
        self.0.set_position(done);
    }

    /// It is over: nothing of it stays on the terminal.
    pub(crate) fn end(self) {
        self.0.finish_and_clear();
    }
}
