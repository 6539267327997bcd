//! Rings of operations that would each have to come before the next, put into a sentence.

use crate::causality::{Link, Why};
use crate::eventual::shown;
use crate::words::Words;

impl Words<'_, '_> {
    /// A sentence for a ring: the two shapes that people know have one of their own.
    pub(crate) fn ring(&self, ring: &[Link]) -> String {
        self.overlooked(ring)
            .or_else(|| self.late(ring))
            .or_else(|| self.both_ways(ring))
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
        let part = |link: &Link| match link.why {
            Why::Hidden { reader } => Some(format!(
                "to {}, {} was older than {}",
                self.name(reader),
                shown(self.wrote(link.from)),
                shown(self.wrote(link.to))
            )),
            Why::Client => Some(format!(
                "client {} wrote {} before {}",
                self.client(link.from),
                shown(self.wrote(link.from)),
                shown(self.wrote(link.to))
            )),
            _ => None,
        };
        Some(format!("{}, but {}", part(one)?, part(other)?))
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
