//! What standard output says of a server: that it listens, and that it is ready.

use node::{Level, Status, Waits};

use super::announce;
use crate::mutants::mutant;

/// The lines on standard output that say that the server listens, and that it is ready.
#[derive(Debug)]
pub(crate) struct Announcement {
    /// Where it serves and receives, and where its data lies.
    about: [String; 2],
    /// How it is called and where it is, if it was started to join a cluster: `ID=HOST:PORT`.
    joins: Option<String>,
    listens: bool,
    is_ready: bool,
}

/// What a line depends on.
#[derive(Clone, Copy, Debug)]
struct Standing<'a> {
    id: u64,
    members: usize,
    /// The level of `default`.
    level: Level,
    /// It is part of a cluster.
    is_in: bool,
    waits: Option<&'a Waits>,
}

impl Announcement {
    /// Of a node of which this is to be told behind the members and behind the level. `joins` is
    /// how one is called that was started to join a cluster, and where it is: `ID=HOST:PORT`.
    pub(crate) fn new(about: [String; 2], joins: Option<String>) -> Announcement {
        Announcement { about, joins, listens: false, is_ready: false }
    }

    /// Whether it has said all that there is to say.
    pub(crate) fn is_over(&self) -> bool {
        self.is_ready
    }

    /// Says what is new about the node.
    pub(crate) fn tell(&mut self, status: &Status) {
        let standing = Standing {
            id: status.id.0,
            members: status.members.len(),
            level: status.level,
            is_in: status.cluster.is_some(),
            waits: status.waits.as_ref(),
        };
        if let Some(line) = self.news(standing) {
            announce(line);
        }
    }

    /// The next line, if there is something new to say.
    fn news(&mut self, standing: Standing<'_>) -> Option<String> {
        match standing.waits {
            None if !self.is_ready => {
                self.is_ready = true;
                Some(self.line("ready", standing, ""))
            }
            // Before its own disk has answered, it knows nothing of the others.
            None => None,
            Some(Waits::Disk) if mutant!(ListensTooSoon, true, false) => None,
            // A node by itself is ready at once.
            Some(_) if self.listens || (standing.members < 2 && self.joins.is_none()) => None,
            Some(waits) => {
                self.listens = true;
                let waits = match &self.joins {
                    Some(own) if !standing.is_in => {
                        format!("; waits to be added: candor cluster add {own}")
                    }
                    _ => format!("; waits for {waits}"),
                };
                Some(self.line("listening", standing, &waits))
            }
        }
    }

    fn line(&self, word: &str, standing: Standing<'_>, waits: &str) -> String {
        let Standing { id, members, level, is_in, .. } = standing;
        let of = if self.joins.is_some() && !is_in {
            "of a cluster to join".into()
        } else {
            format!("of {members}")
        };
        let [before, behind] = &self.about;
        format!("candor: {word}, node {id} {of}, {before}level {level}{behind}{waits}\n")
    }
}

#[cfg(test)]
mod tests {
    use node::NodeId;

    use super::*;

    fn of(members: usize, waits: Option<&Waits>) -> Standing<'_> {
        Standing { id: 4, members, level: Level::Sequential, is_in: true, waits }
    }

    #[test]
    fn what_a_node_waits_for_is_said_once_its_disk_has_answered() {
        let others = Waits::Leader(vec![NodeId(2)]);
        let said = |members, waits: &[Option<&Waits>]| {
            let mut announcement = Announcement::new(Default::default(), None);
            let said = |waits: &Option<&Waits>| announcement.news(of(members, *waits)).is_some();
            waits.iter().map(said).collect::<Vec<_>>()
        };
        assert_eq!(said(2, &[Some(&Waits::Disk)]), [false]);
        assert_eq!(
            said(2, &[Some(&Waits::Disk), Some(&others), Some(&others)]),
            [false, true, false]
        );
        assert_eq!(said(2, &[Some(&others), None, None]), [true, true, false]);
        assert_eq!(said(1, &[Some(&others), None]), [false, true], "it is ready at once");
    }

    #[test]
    fn a_node_that_is_to_join_says_how_it_is_added() {
        let about = ["clients on a:1, ".into(), ", data in d".into()];
        let mut announcement = Announcement::new(about, Some("4=a:2".into()));
        let nobody = Waits::Leader(vec![]);
        let alone = Standing { is_in: false, ..of(1, Some(&nobody)) };
        assert_eq!(
            announcement.news(alone).unwrap(),
            "candor: listening, node 4 of a cluster to join, clients on a:1, level sequential, data in d; waits to be \
             added: candor cluster add 4=a:2\n"
        );
        assert_eq!(announcement.news(alone), None);
        assert_eq!(
            announcement.news(of(3, None)).unwrap(),
            "candor: ready, node 4 of 3, clients on a:1, level sequential, data in d\n"
        );
    }
}
