//! Puts a clash into one sentence that a person understands.

use crate::budget::{Budget, Meter};
use crate::eventual::{shown, thin_air};
use crate::level::Level;
use crate::operation::{Kind, Value};
use crate::saturation::{Link, Saturated, Why, saturate};
use crate::view::{NONE, View};
use crate::zones::{self, Clash, Zones};

/// The sentence for a clash: `view` has its operations and no others.
pub(crate) fn sentence(view: &View<'_>, level: Level) -> String {
    if let [only] = &view.ops[..] {
        return thin_air(view.history, only.index as usize);
    }
    let words = Words { view };
    if level == Level::Linearizable && view.initial.len() == 1 {
        if let Zones::Clash(clash) = zones::judge(view) {
            return words.zone_clash(&clash);
        }
    } else if let Saturated::Cycle { ring, .. } =
        saturate(view, &mut Meter::new(&Budget::default()))
        && level != Level::Linearizable
    {
        return words.ring(&ring);
    }
    words.at_a_loss(level)
}

/// Names for the operations of one view.
struct Words<'v, 'h> {
    view: &'v View<'h>,
}

impl Words<'_, '_> {
    fn client(&self, id: u32) -> u64 {
        self.view.operation(id).client
    }

    /// The value that an operation saw or, if it only writes, wrote.
    fn value(&self, id: u32) -> &Option<Value> {
        match &self.view.operation(id).kind {
            Kind::Write { value } | Kind::Read { value, .. } => value,
            Kind::Cas { from, .. } => from,
        }
    }

    /// Such as `client 3's read of 5`.
    fn name(&self, id: u32) -> String {
        let client = self.client(id);
        let key = &self.view.operation(id).key;
        let several = self.view.initial.len() > 1;
        let on = |name: &str| if several { format!("{name} of {key}") } else { name.to_string() };
        match &self.view.operation(id).kind {
            Kind::Write { value: None } => format!("client {client}'s {}", on("delete")),
            Kind::Write { value } if several => {
                format!("client {client}'s write {key}={}", shown(value))
            }
            Kind::Write { value } => format!("client {client}'s write of {}", shown(value)),
            Kind::Read { value, .. } if several => {
                format!("client {client}'s read {key}={}", shown(value))
            }
            Kind::Read { value, .. } => format!("client {client}'s read of {}", shown(value)),
            Kind::Cas { from, to, .. } => {
                format!("client {client}'s {} from {} to {}", on("cas"), shown(from), shown(to))
            }
        }
    }

    /// The time from the end of one operation to the start of another.
    fn gap(&self, ended: u32, began: u32) -> String {
        let end = self.view.ops[ended as usize].end;
        let start = self.view.ops[began as usize].start;
        self.view.history.unit().span(start.saturating_sub(end))
    }

    /// Such as `client 1's write of 7 was acknowledged`.
    fn ended(&self, id: u32) -> String {
        match &self.view.operation(id).kind {
            Kind::Read { value, .. } => {
                format!("client {}'s read had returned {}", self.client(id), shown(value))
            }
            _ => format!("{} was acknowledged", self.name(id)),
        }
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
            Clash::Rootless { .. } => {
                "these cas saw each other's values only, so none of them can be the first"
                    .to_string()
            }
            Clash::Between { before, after, .. } => self.between(*before, *after),
            Clash::Ring { .. } => "no order keeps the values together, the times, and each \
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
        if other.end < one.start {
            format!("{what} ended {} before {then} began", self.gap(second, first))
        } else {
            format!("{what} ended before {then}, by the order of the same client, began")
        }
    }

    /// The older value was seen again after the newer one.
    fn between(&self, before: [u32; 2], after: [u32; 2]) -> String {
        let [newer, stale] = after;
        let old = self.value(stale);
        let verb = match self.view.operation(stale).kind {
            Kind::Cas { .. } => "found",
            _ => "returned",
        };
        let what = match self.view.operation(stale).kind {
            Kind::Cas { .. } => "cas",
            _ => "read",
        };
        let which = if self.view.is_initial(self.view.ops[stale as usize].sees) {
            format!("the initial value ({})", shown(old))
        } else {
            format!("the older {}", shown(old))
        };
        let mut sentence = format!(
            "client {}'s {what} began {} after {}, and {verb} {which}",
            self.client(stale),
            self.gap(newer, stale),
            self.ended(newer)
        );
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

    fn ring(&self, ring: &[Link]) -> String {
        let links: Vec<String> = ring
            .iter()
            .map(|link| {
                let why = match link.why {
                    Why::Client => "its client's order".to_string(),
                    Why::Seen => "which saw it".to_string(),
                    Why::Hidden { reader } => {
                        format!("or else {} would have seen it", self.name(reader))
                    }
                    Why::Overwritten { .. } => "which overwrote what it saw".to_string(),
                };
                format!("{} before {} ({why})", self.name(link.from), self.name(link.to))
            })
            .collect();
        format!(
            "no single order fits, since each of these must come before the next in a circle: {}",
            links.join(", ")
        )
    }

    fn at_a_loss(&self, level: Level) -> String {
        let keeps = if level == Level::Linearizable {
            "keeps real time and each client's order"
        } else {
            "keeps each client's order"
        };
        let latest = (0..self.view.ops.len() as u32)
            .filter(|&id| self.view.ops[id as usize].sees != NONE)
            .max_by_key(|&id| self.view.ops[id as usize].start);
        let last =
            latest.map_or(String::new(), |id| format!("; without {} there is one", self.name(id)));
        format!(
            "no order of these {} operations {keeps} and gives every read the value written last\
             {last}",
            self.view.ops.len()
        )
    }
}
