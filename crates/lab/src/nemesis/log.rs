//! What was done to the servers, and from when to when.

use history::Fault;

/// What kind of harm it is; each is undone by something of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// The process does not run.
    Down,
    /// The process stands still.
    Paused,
    /// Some ways are cut.
    Cut,
    /// Some ways are slow.
    Slow,
    /// Some ways tear their connections.
    Torn,
    /// The clock is off.
    Clock,
    /// The disk is full.
    Disk,
    /// The next sync fails.
    Sync,
}

/// All that was done, in order, in nanoseconds since the start of the clients.
#[derive(Debug, Default)]
pub(crate) struct Log {
    faults: Vec<Fault>,
    /// What goes on: the harm, whom it hit, and its place among the faults.
    open: Vec<(Harm, Option<usize>, usize)>,
}

impl Log {
    /// Something begins. The same harm to the same server, if it goes on, is over.
    pub(crate) fn begin(&mut self, harm: Harm, server: Option<usize>, text: String, at_us: u64) {
        self.end(harm, server, at_us);
        self.open.push((harm, server, self.faults.len()));
        self.push(server, text, at_us, None);
    }

    /// Something is over, if it went on.
    pub(crate) fn end(&mut self, harm: Harm, server: Option<usize>, at_us: u64) {
        let faults = &mut self.faults;
        self.open.retain(|(open, whom, place)| {
            let is_over = (*open, *whom) == (harm, server);
            if is_over {
                faults[*place].end = Some((at_us * 1000).max(faults[*place].start));
            }
            !is_over
        });
    }

    /// A server ended by itself.
    pub(crate) fn ended(&mut self, server: usize, text: String, at_us: u64) {
        for harm in [Harm::Paused, Harm::Clock, Harm::Disk, Harm::Sync] {
            self.end(harm, Some(server), at_us);
        }
        self.begin(Harm::Down, Some(server), text, at_us);
    }

    /// Something that is known to last so long.
    pub(crate) fn during(&mut self, server: usize, text: String, from_us: u64, until_us: u64) {
        self.push(Some(server), text, from_us, Some(until_us));
    }

    /// Whether this goes on.
    pub(crate) fn goes_on(&self, harm: Harm, server: Option<usize>) -> bool {
        self.open.iter().any(|(open, whom, _)| (*open, *whom) == (harm, server))
    }

    fn push(&mut self, server: Option<usize>, text: String, from_us: u64, until_us: Option<u64>) {
        let server = server.map(|server| server as u64);
        let (start, end) = (from_us * 1000, until_us.map(|us| us * 1000));
        self.faults.push(Fault { text, server, start, end });
    }

    /// All of it so far.
    pub(crate) fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_goes_on_until_it_ends() {
        let mut log = Log::default();
        log.begin(Harm::Down, Some(0), "killed".into(), 10);
        log.begin(Harm::Cut, None, "cut".into(), 20);
        log.begin(Harm::Cut, None, "cut otherwise".into(), 30);
        log.end(Harm::Down, Some(1), 40);
        assert!(log.goes_on(Harm::Down, Some(0)));
        log.end(Harm::Down, Some(0), 50);
        assert!(!log.goes_on(Harm::Down, Some(0)));
        let times: Vec<_> = log.faults().iter().map(|fault| (fault.start, fault.end)).collect();
        assert_eq!(times, [(10_000, Some(50_000)), (20_000, Some(30_000)), (30_000, None)]);
    }
}
