//! Cycles of operations that would each have to come before the next, put into a sentence.

use crate::explain::describe::Describer;
use crate::model::names::shown;
use crate::model::operation::Kind;
use crate::relation::causality::{Link, Why};

/// A longer path over several keys is told client by client.
const PATH_MAX: usize = 2;

impl Describer<'_, '_> {
    /// A sentence for a cycle: the shapes that people know have one of their own.
    pub(crate) fn cycle(&self, cycle: &[Link]) -> String {
        self.overlooked(cycle)
            .or_else(|| self.late(cycle))
            .or_else(|| self.both_ways(cycle))
            .or_else(|| self.turned(cycle))
            .or_else(|| self.both_found(cycle))
            .unwrap_or_else(|| self.chain(cycle))
    }

    /// One operation looked past a write that came before it on a path of clients' orders and of
    /// who saw whom.
    fn overlooked(&self, cycle: &[Link]) -> Option<String> {
        let plain = |link: &Link| matches!(link.why, Why::Client | Why::Seen | Why::Time);
        let at = cycle.iter().position(|link| !plain(link))?;
        let Link { from: reader, to: write, why: Why::Overwritten { .. } } = cycle[at] else {
            return None;
        };
        let path: Vec<Link> = cycle[at + 1..].iter().chain(&cycle[..at]).copied().collect();
        let is_long = self.view.initial.len() > 1 && path.len() > PATH_MAX;
        if is_long || !path.iter().all(plain) {
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
    fn late(&self, cycle: &[Link]) -> Option<String> {
        let [one, other] = cycle else { return None };
        let (time, seen) = if one.why == Why::Time { (one, other) } else { (other, one) };
        let Why::Hidden { reader } = seen.why else { return None };
        let newer = time.to;
        let is_over = self.view.ops[newer as usize].end < self.view.ops[reader as usize].start;
        (time.why == Why::Time && is_over).then(|| self.stale(newer, reader))
    }

    /// Each of two writes is the older one to somebody.
    fn both_ways(&self, cycle: &[Link]) -> Option<String> {
        let [one, other] = cycle else { return None };
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
    fn turned(&self, cycle: &[Link]) -> Option<String> {
        let hidden = cycle.iter().position(|link| matches!(link.why, Why::Hidden { .. }))?;
        let links: Vec<Link> = cycle[hidden..].iter().chain(&cycle[..hidden]).copied().collect();
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

    /// Two found what only one of them can have replaced.
    fn both_found(&self, cycle: &[Link]) -> Option<String> {
        let [one, other] = cycle else { return None };
        let Why::Overwritten { maker } = one.why else { return None };
        (other.why == Why::Overwritten { maker }).then(|| {
            let (first, second) = (self.name(one.from), self.name(other.from));
            let found = shown(self.value(one.from));
            format!("{first} and {second} both found {found}, which the first of them had replaced")
        })
    }

    /// Who did what before what, client by client: all that a longer cycle runs through.
    fn chain(&self, cycle: &[Link]) -> String {
        // Behind what somebody did not see comes what led there.
        let unseen = cycle.iter().rposition(|link| matches!(link.why, Why::Overwritten { .. }));
        let other = || cycle.iter().position(|link| link.why != Why::Client);
        let starts = unseen.or_else(other).map_or(0, |at| at + 1);
        let links: Vec<Link> = cycle[starts..].iter().chain(&cycle[..starts]).copied().collect();
        // Between two clients there is one link; the others lie within a client's order.
        let turns = || links.split_inclusive(|link| link.why != Why::Client);
        let ends_with_a_look = |turn: &[Link]| {
            turn.last().is_some_and(|last| self.view.ops[last.from as usize].is_look())
        };
        let all_look = turns().all(|turn| turn.len() == 1 || ends_with_a_look(turn));
        let parts: Vec<String> = turns().filter_map(|turn| self.turn(turn, all_look)).collect();
        let none_is_first = links.iter().all(|link| link.why == Why::Seen);
        let end = if none_is_first { ", so none of them can be the first" } else { "" };
        format!("{}{end}", parts.join("; "))
    }

    /// What one client did first and then, and what leads on to the next; nothing if the turns
    /// beside it say all that.
    fn turn(&self, turn: &[Link], all_look: bool) -> Option<String> {
        let (first, last) = (turn.first()?.from, turn.last()?);
        let own = match turn.len() {
            1 => self.alone(last),
            _ => Some(format!("{}{}", self.did(first), self.then(first, last, all_look))),
        };
        let Why::Hidden { reader } = last.why else { return own };
        let own = own.map_or(String::new(), |own| format!("{own}; "));
        Some(format!("{own}{}", self.before(last, reader)))
    }

    /// A client's only part in a cycle. A lone write is told of by who saw it and who did not.
    fn alone(&self, link: &Link) -> Option<String> {
        match link.why {
            Why::Time => Some(self.over(link)),
            _ if self.view.ops[link.from as usize].is_blind_write() => None,
            Why::Overwritten { .. } if self.view.ops[link.from as usize].is_look() => {
                let missed = shown(self.wrote(link.to));
                Some(format!("{}, and not {missed}", self.did(link.from)))
            }
            _ => Some(self.did(link.from)),
        }
    }

    /// What a client did or missed after it did `first`. Where all only look, each saw one thing
    /// before the other.
    fn then(&self, first: u32, last: &Link, all_look: bool) -> String {
        let saw_before = all_look && self.view.ops[first as usize].is_look();
        let missed = || shown(self.wrote(last.to));
        match last.why {
            Why::Overwritten { .. } if !self.view.ops[last.from as usize].is_look() => {
                format!(" and then {}", self.act(last.from))
            }
            Why::Overwritten { .. } if saw_before => {
                format!(" before {}{}", missed(), self.place(last.to, "in"))
            }
            Why::Overwritten { .. } => {
                format!(" and then did not see {}{}", missed(), self.place(last.to, "in"))
            }
            Why::Time => format!("; {}", self.over(last)),
            _ => format!(" before it {}", self.act(last.from)),
        }
    }

    /// One thing was over before another began.
    fn over(&self, link: &Link) -> String {
        format!("{} was over before {} began", self.name(link.from), self.name(link.to))
    }

    /// How `reader` shows that the first write of a link came before the second.
    fn before(&self, link: &Link, reader: u32) -> String {
        let (first, then) = (shown(self.wrote(link.from)), shown(self.wrote(link.to)));
        let place = self.place(reader, "in");
        if self.has_seen(reader, link.from) {
            return format!("client {} saw {first} before {then}{place}", self.client(reader));
        }
        if self.client(link.from) == self.client(reader) {
            return format!(
                "client {} wrote {first} and then saw {then}{place}",
                self.client(reader)
            );
        }
        format!("{first} came before client {}'s read of {then}{place}", self.client(reader))
    }

    /// Whether the client of `reader` had seen what `write` left.
    fn has_seen(&self, reader: u32, write: u32) -> bool {
        let ops = &self.view.ops;
        let (reader, made) = (reader as usize, ops[write as usize].makes);
        ops[..reader].iter().any(|op| op.client == ops[reader].client && op.sees == made)
    }

    fn did(&self, id: u32) -> String {
        format!("client {} {}", self.client(id), self.act(id))
    }

    /// What an operation did, behind the name of its client.
    fn act(&self, id: u32) -> String {
        let looks = self.view.ops[id as usize].is_look();
        match &self.view.operation(id).kind {
            Kind::Cas { from, .. } if looks => {
                format!("found something else than {}{}", shown(from), self.place(id, "in"))
            }
            Kind::Cas { from, to, .. } => {
                format!("replaced {} by {}{}", shown(from), shown(to), self.place(id, "in"))
            }
            _ if looks => format!("saw {}", self.seen(id)),
            _ => format!("wrote {}{}", shown(self.wrote(id)), self.place(id, "to")),
        }
    }
}
