//! Rings of operations that would each have to come before the next, put into a sentence.

use crate::causality::{Link, Why};
use crate::eventual::shown;
use crate::words::Words;

impl Words<'_, '_> {
    /// A sentence for a ring: the shapes that people know have one of their own.
    pub(crate) fn ring(&self, ring: &[Link]) -> String {
        self.overlooked(ring)
            .or_else(|| self.late(ring))
            .or_else(|| self.both_ways(ring))
            .or_else(|| self.each_way(ring))
            .or_else(|| self.turned(ring))
            .unwrap_or_else(|| self.circle(ring))
    }

    /// One operation looked past a write that came before it on a path of clients' orders and of
    /// who saw whom.
    fn overlooked(&self, ring: &[Link]) -> Option<String> {
        let plain = |link: &Link| matches!(link.why, Why::Client | Why::Seen | Why::Time);
        let at = ring.iter().position(|link| !plain(link))?;
        let Link { from: reader, to: write, why: Why::Overwritten { .. } } = ring[at] else {
            return None;
        };
        let path: Vec<Link> = ring[at + 1..].iter().chain(&ring[..at]).copied().collect();
        if !path.iter().all(plain) {
            return None;
        }
        if let [Link { why: Why::Client, .. }] = path[..] {
            return Some(format!(
                "{} overlooked the same client's {} before it",
                self.name(reader),
                self.what(write)
            ));
        }
        let step = |link: &Link| match link.why {
            Why::Seen => format!("{} saw it", self.name(link.to)),
            Why::Time => format!("{} began later", self.name(link.to)),
            _ if link.to == reader => "then this one".to_string(),
            _ => format!("then {}", self.name(link.to)),
        };
        let steps: Vec<String> = path.iter().map(step).collect();
        Some(format!(
            "{} overlooked {}, which came before it: {}",
            self.name(reader),
            self.name(write),
            steps.join(", ")
        ))
    }

    /// Of two writes in real time, somebody found the older long after the newer.
    fn late(&self, ring: &[Link]) -> Option<String> {
        let [one, other] = ring else { return None };
        let (time, seen) = if one.why == Why::Time { (one, other) } else { (other, one) };
        let Why::Hidden { reader } = seen.why else { return None };
        let newer = time.to;
        let is_over = self.view.ops[newer as usize].end < self.view.ops[reader as usize].start;
        (time.why == Why::Time && is_over).then(|| self.stale(newer, reader))
    }

    /// Each of two writes is the older one to somebody.
    fn both_ways(&self, ring: &[Link]) -> Option<String> {
        let [one, other] = ring else { return None };
        let part = |link: &Link| {
            let (client, verb) = match link.why {
                Why::Hidden { reader } => (self.client(reader), "saw"),
                Why::Client => (self.client(link.from), "wrote"),
                _ => return None,
            };
            let (first, then) = (shown(self.wrote(link.from)), shown(self.wrote(link.to)));
            Some(format!("client {client} {verb} {first} before {then}"))
        };
        let place = self.place(one.from, "in");
        Some(format!("{}, {}{place}", part(one)?, part(other)?))
    }

    /// A reader saw the newer of two writes of a key before the older one.
    fn turned(&self, ring: &[Link]) -> Option<String> {
        let hidden = ring.iter().position(|link| matches!(link.why, Why::Hidden { .. }))?;
        let links: Vec<Link> = ring[hidden..].iter().chain(&ring[..hidden]).copied().collect();
        let [older, seen, newer] = links[..] else { return None };
        let Why::Hidden { reader } = older.why else { return None };
        let is_one = seen.to == reader && seen.why == Why::Seen;
        let comes_first = is_one && matches!(newer.why, Why::Overwritten { .. });
        let (late, early) = (shown(self.wrote(older.from)), shown(self.wrote(older.to)));
        comes_first.then(|| {
            let place = self.place(reader, "in");
            let client = self.client(reader);
            format!("client {client} saw {late} before {early}{place}, though {early} came first")
        })
    }

    /// Each client did two things in an order that those of the others exclude.
    fn each_way(&self, ring: &[Link]) -> Option<String> {
        let starts = ring.iter().position(|link| link.why != Why::Client)? + 1;
        let links: Vec<Link> = ring[starts..].iter().chain(&ring[..starts]).copied().collect();
        // Between two clients there is one link; the others lie within a client's order.
        let turns = links.split_inclusive(|link| link.why != Why::Client);
        let mut parts = vec![];
        for turn in turns {
            let (first, last) = (turn.first()?, turn.last()?);
            match turn.len() {
                // A lone write is told of by who saw it and who did not.
                1 => (self.view.ops[first.from as usize].is_blind_write()).then_some(())?,
                _ => parts.push(self.turn(first.from, last)?),
            }
        }
        (parts.len() > 1).then(|| parts.join(", "))
    }

    /// What one client did first, and what it did or missed then.
    fn turn(&self, first: u32, last: &Link) -> Option<String> {
        let wrote = |id| format!("wrote {}{}", shown(self.wrote(id)), self.place(id, "to"));
        let writes = self.view.ops[first as usize].is_blind_write();
        let begin = if writes { wrote(first) } else { format!("saw {}", self.seen(first)) };
        let missed = shown(self.wrote(last.to));
        let then = match (last.why, writes) {
            (Why::Overwritten { .. }, false) => {
                format!(" before {missed}{}", self.place(last.to, "in"))
            }
            (Why::Overwritten { .. }, true) => {
                format!(" and then did not see {missed}{}", self.place(last.to, "in"))
            }
            (Why::Seen, _) if self.view.ops[last.from as usize].is_blind_write() => {
                format!(" before it {}", wrote(last.from))
            }
            _ => return None,
        };
        Some(format!("client {} {begin}{then}", self.client(first)))
    }

    fn circle(&self, ring: &[Link]) -> String {
        let links: Vec<String> = ring
            .iter()
            .map(|link| {
                let why = match link.why {
                    Why::Client => "its client's order".to_string(),
                    Why::Seen => "which saw it".to_string(),
                    Why::Time => "by time".to_string(),
                    Why::Hidden { reader } => {
                        format!("or else {} would have seen it", self.name(reader))
                    }
                    Why::Overwritten { .. } => "which overwrote what it saw".to_string(),
                };
                format!("{} before {} ({why})", self.name(link.from), self.name(link.to))
            })
            .collect();
        format!(
            "each of these would have to come before the next, in a circle: {}",
            links.join(", ")
        )
    }
}
