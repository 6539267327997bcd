//! Puts a clash into one sentence that a person understands.

pub(crate) mod answer;
mod cycle;
pub(crate) mod describe;
pub(crate) mod shrink;
pub(crate) mod skipped;

use crate::budget::Meter;
use crate::explain::describe::Describer;
use crate::levels::causal::{self, Form};
use crate::levels::eventual::thin_air;
use crate::levels::pram;
use crate::levels::zones::{self, Clash, Zones};
use crate::model::level::Level;
use crate::model::names::{quoted, shown};
use crate::model::operation::Kind;
use crate::model::view::{NONE, View};
use crate::relation::causality::{Link, Why};
use crate::relation::cells::Cells;
use crate::relation::reads_from::plain_sources;
use crate::relation::saturation::{Saturated, saturate};
use crate::verdict::{self, Reason};

/// The sentence for a clash, and the cycle that it runs in, if it does: `view` has its operations
/// and no others.
pub(crate) fn explain(
    view: &View<'_>,
    level: Level,
    meter: &mut Meter,
) -> (String, Vec<verdict::Link>) {
    let updates = view.has_updates.contains(&true);
    let links = if updates || view.ops.len() < 2 { None } else { cycle(view, level, meter) };
    let cycle = links.iter().flatten().map(|link| told(view, link)).collect();
    (sentence(view, level, links.as_deref()), cycle)
}

/// A link in the judge's public form.
fn told(view: &View<'_>, link: &Link) -> verdict::Link {
    let index = |id: u32| view.ops[id as usize].index as usize;
    let why = match link.why {
        Why::Client => Reason::ProgramOrder,
        Why::Seen => Reason::ReadsFrom,
        Why::Time => Reason::RealTime,
        Why::Hidden { reader } => Reason::Conflict { reader: index(reader) },
        Why::Overwritten { maker: NONE } => Reason::Overwritten { maker: None },
        Why::Overwritten { maker } => Reason::Overwritten { maker: Some(index(maker)) },
    };
    verdict::Link { from: index(link.from), to: index(link.to), why }
}

fn sentence(view: &View<'_>, level: Level, cycle: Option<&[Link]>) -> String {
    let describer = Describer { view };
    let thin = match view.is_whole {
        true if view.moments().len() == 1 => Cells::new(view).thin_air(view),
        true => None,
        false => (view.ops.len() == 1).then_some(0),
    };
    if let Some(id) = thin {
        let index = view.ops[id as usize].index as usize;
        return thin_air(view.history, index, view.is_part(id));
    }
    let is_of_sessions = matches!(level, Level::Ryw | Level::Mr | Level::Mw | Level::Wfr);
    if view.is_whole && !is_of_sessions {
        // Its parts by themselves are no reason.
        return describer.at_a_loss(level);
    }
    if view.has_updates.contains(&true) {
        // Who saw whom is not told by values there.
        return match level {
            Level::Causal => describer.miscounted(),
            _ => describer.at_a_loss(level),
        };
    }
    let sentence = match level {
        Level::Linearizable | Level::Bounded { .. } => describer.one_key(),
        Level::Ryw => describer.forgotten(),
        Level::Mr => describer.returned(),
        Level::Mw => describer.brought("its client's earlier writes"),
        Level::Wfr => describer.brought("those that its client had read from before it"),
        _ => None,
    };
    sentence
        .or_else(|| cycle.map(|cycle| describer.cycle(cycle)))
        .unwrap_or_else(|| describer.at_a_loss(level))
}

/// The cycle that a clash runs in, where it is plain what each operation saw and the budget allows
/// to tell.
fn cycle(view: &View<'_>, level: Level, meter: &mut Meter) -> Option<Vec<Link>> {
    let plain = plain_sources(view);
    let cycle = match level {
        Level::Causal => causal::cycle(view, Form::Ccv, &plain?, meter)?,
        Level::Cm => causal::cycle(view, Form::Cm, &plain?, meter)?,
        Level::Cc => causal::cycle(view, Form::Cc, &plain?, meter)?,
        Level::Pram => pram::cycle(view, &plain?, meter)?,
        Level::Sequential | Level::Linearizable | Level::Bounded { .. } => {
            let real_time = level != Level::Sequential;
            match saturate(view, real_time, meter) {
                Saturated::Cycle(cycle) => cycle,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(cycle.links)
}

impl Describer<'_, '_> {
    /// A clash of one key's zones.
    fn one_key(&self) -> Option<String> {
        match zones::judge(self.view) {
            // Clients' orders take part in a cycle of groups; that is told as a cycle.
            Zones::Clash(Clash::Cycle { .. }) => None,
            Zones::Clash(clash) if self.view.initial.len() == 1 => Some(self.zone_clash(&clash)),
            _ => None,
        }
    }

    /// A read that forgot its client's own write.
    fn forgotten(&self) -> Option<String> {
        let ids = 0..self.view.ops.len() as u32;
        let read = ids.rev().find(|&id| self.view.reads(id))?;
        let op = &self.view.ops[read as usize];
        let own = (0..read).rev().find(|&id| {
            let other = &self.view.ops[id as usize];
            other.client == op.client && other.makes != NONE && other.key == op.key
        })?;
        Some(format!(
            "client {}'s read returned {}, although the same client's {} came before it",
            self.client(read),
            self.which(read),
            self.what(own)
        ))
    }

    /// A read that returned to what its client had left.
    fn returned(&self) -> Option<String> {
        let reads: Vec<u32> =
            (0..self.view.ops.len() as u32).filter(|&id| self.view.reads(id)).collect();
        let (&last, earlier) = reads.split_last()?;
        let values: Vec<String> =
            earlier.iter().map(|&id| shown(self.value(id)).to_string()).collect();
        Some(format!(
            "client {} read {} of {} and then {} again",
            self.client(last),
            values.join(", then "),
            quoted(&self.view.operation(last).key),
            self.which(last)
        ))
    }

    fn zone_clash(&self, clash: &Clash) -> String {
        match clash {
            Clash::Backwards { first, second, .. } => self.backwards(*first, *second),
            Clash::Twice { cas: [one, other], .. } => format!(
                "{} and {} both replaced {}, which was there only once",
                self.name(*one),
                self.name(*other),
                shown(self.value(*one))
            ),
            Clash::Rootless { path } => {
                let are_cas = !path.iter().any(|&id| self.view.is_part(id));
                let these = if are_cas { "these cas" } else { "these operations" };
                format!("{these} saw each other's values only, so none of them can be the first")
            }
            Clash::Between { before, after, .. } => self.between(*before, *after),
            Clash::Cycle { .. } => "no order keeps the values together, the times, and each \
                                   client's order where times touch"
                .to_string(),
        }
    }

    /// `second` saw what `first` did, or what came of it, but was over before `first` began.
    fn backwards(&self, first: u32, second: u32) -> String {
        let (one, other) = (&self.view.ops[first as usize], &self.view.ops[second as usize]);
        let made = other.sees != NONE && one.makes == other.sees;
        let what = match (made, self.view.operation(second).kind.clone()) {
            (true, Kind::Read { value, .. }) => {
                format!("client {}'s read returned {} and", self.client(second), shown(&value))
            }
            _ => format!("{}, which must come after {},", self.name(second), self.name(first)),
        };
        let then = if made { self.name(first) } else { "that".to_string() };
        if !made && one.sees != NONE && other.end < one.start {
            // What came of the value was over before somebody still found the value itself.
            return self.stale(second, first);
        }
        if other.end < one.start {
            format!("{what} ended {} before {then} began", self.gap(second, first))
        } else {
            format!("{what} ended before {then}, by the order of the same client, began")
        }
    }

    /// Somebody found an old value after the newer one was there.
    pub(crate) fn stale(&self, newer: u32, stale: u32) -> String {
        let (what, verb) = match self.view.operation(stale).kind {
            Kind::Cas { .. } if self.view.is_part(stale) => ("transaction", "found"),
            Kind::Cas { .. } => ("cas", "found"),
            _ => ("read", "returned"),
        };
        format!(
            "client {}'s {what} began {} after {}, and {verb} {}",
            self.client(stale),
            self.gap(newer, stale),
            self.ended(newer),
            self.which(stale)
        )
    }

    /// The older value was seen again after the newer one.
    fn between(&self, before: [u32; 2], after: [u32; 2]) -> String {
        let [newer, stale] = after;
        let mut sentence = self.stale(newer, stale);
        // That it is older is plain if one write was over before the other began.
        let plain = |id: u32| id == NONE || self.view.ops[id as usize].is_blind_write();
        if !(plain(before[0]) && plain(before[1])) && before[0] != NONE {
            sentence.push_str(&format!(
                " (older, because {} before {} began)",
                self.ended(before[0]),
                self.name(before[1])
            ));
        }
        sentence
    }

    /// What one reader saw, where each write should have brought others along.
    fn brought(&self, rule: &str) -> Option<String> {
        let reads = (0..self.view.ops.len() as u32).rev().filter(|&id| self.view.reads(id));
        let reads: Vec<u32> = reads.collect();
        let client = self.view.ops[*reads.first()? as usize].client;
        let own = reads.iter().rev().filter(|&&id| self.view.ops[id as usize].client == client);
        let saw: Vec<String> = own.map(|&id| self.seen(id)).collect();
        Some(format!(
            "client {} saw {}, which nothing explains if a write brings along {rule}",
            self.client(*reads.first()?),
            saw.join(", then ")
        ))
    }

    /// Counters that nothing explains.
    fn miscounted(&self) -> String {
        format!(
            "no choice of what each of these {} operations knew explains what they returned, where \
             a counter is its last write and the increments that knew of that",
            self.view.ops.len()
        )
    }

    fn at_a_loss(&self, level: Level) -> String {
        let keeps = match level {
            Level::Linearizable => "keeps real time and each client's order",
            Level::Bounded { .. } => "keeps each client's order and, but for the bound, real time",
            Level::Sequential => "keeps each client's order",
            Level::Pram => "keeps each client's order for one of them",
            Level::Mw => "keeps each client's writes in order for one reader",
            Level::Wfr => "keeps writes behind what their clients had read for one reader",
            _ => "keeps causes before effects",
        };
        let latest = (0..self.view.ops.len() as u32)
            .filter(|&id| self.view.ops[id as usize].sees != NONE)
            .max_by_key(|&id| self.view.ops[id as usize].start);
        let name = |id: u32| match self.view.transaction(id) {
            Some(_) => format!("client {}'s transaction", self.client(id)),
            None => self.name(id),
        };
        let last =
            latest.map_or(String::new(), |id| format!("; without {} there is one", name(id)));
        let moments = self.view.moments();
        let at_once = match moments.len() == self.view.ops.len() {
            true => "",
            false => ", runs each transaction at one moment",
        };
        format!(
            "no order of these {} operations {keeps}{at_once} and gives every read the value \
             written last{last}",
            moments.len()
        )
    }
}
