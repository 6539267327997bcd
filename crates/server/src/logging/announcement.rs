//! What standard output says of a server: that it listens, and that it is ready.

use node::{Level, Waits};

use super::announce;
use crate::mutants::mutant;

/// The lines on standard output that say that the server listens, and that it is ready.
#[derive(Debug)]
pub(crate) struct Announcement {
    /// What it says before and behind the level.
    about: [String; 2],
    /// A node by itself is ready at once.
    is_alone: bool,
    listens: bool,
    is_ready: bool,
}

impl Announcement {
    /// Of a node of which this is to be told, by itself or not.
    pub(crate) fn new(about: [String; 2], is_alone: bool) -> Announcement {
        Announcement { about, is_alone, listens: false, is_ready: false }
    }

    /// Whether it has said all that there is to say.
    pub(crate) fn is_over(&self) -> bool {
        self.is_ready
    }

    /// Says what is new about what the node waits for. This is the level of `default` by now.
    pub(crate) fn tell(&mut self, level: Level, waits: Option<&Waits>) {
        match waits {
            None if !self.is_ready => {
                self.is_ready = true;
                self.print("ready", level, "");
            }
            // Before its own disk has answered, it knows nothing of the others.
            None => {}
            Some(Waits::Disk) if mutant!(ListensTooSoon, true, false) => {}
            Some(waits) if !self.listens && !self.is_alone => {
                self.listens = true;
                self.print("listening", level, &format!("; waits for {waits}"));
            }
            Some(_) => {}
        }
    }

    fn print(&self, word: &str, level: Level, waits: &str) {
        let [before, behind] = &self.about;
        announce(format!("candor: {word}, {before}level {level}{behind}{waits}\n"));
    }
}

#[cfg(test)]
mod tests {
    use node::NodeId;

    use super::*;

    #[test]
    fn what_a_node_waits_for_is_said_once_its_disk_has_answered() {
        let others = Waits::Leader(vec![NodeId(2)]);
        let said = |is_alone, waits: &[Option<&Waits>]| {
            let mut announcement = Announcement::new(Default::default(), is_alone);
            waits.iter().for_each(|waits| announcement.tell(Level::Sequential, *waits));
            (announcement.listens, announcement.is_over())
        };
        assert_eq!(said(false, &[Some(&Waits::Disk)]), (false, false));
        assert_eq!(said(false, &[Some(&Waits::Disk), Some(&others)]), (true, false));
        assert_eq!(said(false, &[Some(&others), None]), (true, true));
        assert_eq!(said(true, &[Some(&others)]), (false, false), "it is ready at once");
    }
}
