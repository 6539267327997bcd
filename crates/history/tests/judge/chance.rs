//! Random histories from a seed, made so that both verdicts are plentiful.

use history::{Header, History, Kind, Level, Operation, Unit};

/// A small generator of numbers: splitmix64 (Steele, Lea & Flood 2014).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// True in `percent` of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// What random histories look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) operations: u64,
    pub(crate) clients: u64,
    pub(crate) keys: u64,
    /// How many different values are written; 0 gives every write a value of its own.
    pub(crate) values: u64,
    pub(crate) cas_percent: u64,
    /// How many of the writes append or add.
    pub(crate) update_percent: u64,
    pub(crate) delete_percent: u64,
    pub(crate) unknown_percent: u64,
    pub(crate) refused_percent: u64,
    pub(crate) level_percent: u64,
    /// How much longer than nothing operations take.
    pub(crate) length: u64,
    /// How many servers answer; 0 names none.
    pub(crate) servers: u64,
    /// How often a read returns anything at all that was written so far, instead of what a store of
    /// one copy, perhaps a stale one, would return.
    pub(crate) wild_percent: u64,
    pub(crate) stale_percent: u64,
}

/// A history that a store of one copy could have given, with some answers taken from its past.
pub(crate) fn history(chance: &mut Chance, shape: &Shape) -> History {
    let mut next_free: Vec<u64> = (0..shape.clients).map(|_| chance.below(4)).collect();
    let mut names: Vec<u64> = (0..shape.clients).collect();
    let mut fresh = shape.clients;
    let mut past: Vec<Vec<Option<String>>> = vec![vec![None]; shape.keys as usize];
    let mut operations: Vec<Operation> = Vec::new();
    for number in 0..shape.operations {
        let client = chance.below(shape.clients) as usize;
        let key = chance.below(shape.keys) as usize;
        let start = next_free[client] + chance.below(3);
        let mut end = Some(start + chance.below(shape.length + 1));
        next_free[client] = end.unwrap_or(start) + chance.below(2);
        let new = match shape.values {
            0 => format!("v{number}"),
            values => format!("v{}", chance.below(values)),
        };
        let now = past[key].last().cloned().flatten();
        let back = if chance.percent(shape.stale_percent) { 1 + chance.below(3) } else { 0 };
        let seen = past[key][past[key].len().saturating_sub(1 + back as usize)].clone();
        let unknown = chance.percent(shape.unknown_percent);
        let refused = !unknown && chance.percent(shape.refused_percent);
        let kind = if chance.percent(shape.cas_percent) {
            let matches = chance.percent(60);
            let from = if matches { seen.clone() } else { Some(format!("v{}", chance.below(4))) };
            let ok = from == seen;
            Kind::Cas { from, to: Some(new), ok: if unknown { None } else { Some(ok) } }
        } else if chance.percent(45) {
            let value = if chance.percent(shape.delete_percent) { None } else { Some(new) };
            match value {
                Some(value) if chance.percent(shape.update_percent) => {
                    update(chance, key, value, &now)
                }
                value => Kind::Write { value },
            }
        } else {
            let wild = chance.percent(shape.wild_percent);
            let pick = chance.below(past[key].len() as u64) as usize;
            let value = if wild { past[key][pick].clone() } else { seen };
            Kind::Read { value, ok: true }
        };
        let name = names[client];
        if unknown {
            end = None;
            names[client] = fresh;
            fresh += 1;
        }
        let mut operation = Operation::new(name, kind, &format!("k{key}"), start, end);
        operation.refused = refused;
        operation.server = (shape.servers > 0).then(|| chance.below(shape.servers));
        if matches!(operation.kind, Kind::Read { .. }) && chance.percent(shape.level_percent) {
            operation.level = Some([Level::Sequential, Level::Eventual][chance.below(2) as usize]);
        }
        let took_effect = !refused && (!unknown || chance.percent(50));
        match &operation.kind {
            Kind::Write { value } if took_effect || chance.percent(20) => {
                past[key].push(value.clone())
            }
            Kind::Append { value } if took_effect => {
                past[key].push(Some(now.unwrap_or_default() + value));
            }
            Kind::Incr { add, .. } if took_effect => past[key].push(sum(&now, *add)),
            Kind::Cas { from, to, ok } if took_effect && *ok != Some(false) && *from == now => {
                past[key].push(to.clone());
            }
            _ => {}
        }
        operations.push(operation);
    }
    let header = Header::new(Unit::Milliseconds, None);
    History::new(Some(header), operations)
}

/// An append on even keys, an increment on odd ones; now and then its answer is wrong.
fn update(chance: &mut Chance, key: usize, value: String, now: &Option<String>) -> Kind {
    if key.is_multiple_of(2) {
        return Kind::Append { value };
    }
    let add = 1 + chance.below(2) as i64;
    let value = sum(now, add + i64::from(chance.percent(10)));
    Kind::Incr { add, value: value.filter(|_| chance.percent(70)) }
}

fn sum(held: &Option<String>, add: i64) -> Option<String> {
    let held: i64 = held.as_ref().map_or(Some(0), |held| held.parse().ok())?;
    Some((held + add).to_string())
}

/// The time of a client that does not go on.
const ENDED: u64 = u64::MAX;

/// A history in which each read returns anything that is written anywhere, all at about one time.
pub(crate) fn anything(chance: &mut Chance, shape: &Shape) -> History {
    let mut times = vec![0; shape.clients as usize];
    let mut values: Vec<Vec<Option<String>>> = vec![vec![None]; shape.keys as usize];
    let mut plan = Vec::new();
    for number in 0..shape.operations {
        let (client, key) = (chance.below(shape.clients), chance.below(shape.keys));
        let value = match shape.values {
            _ if chance.percent(shape.delete_percent) => None,
            0 => Some(format!("v{number}")),
            values => Some(format!("v{}", chance.below(values))),
        };
        let writes = chance.percent(45);
        if writes && !chance.percent(10) {
            values[key as usize].push(value.clone());
        }
        plan.push((client, key, value, writes));
    }
    let mut operations = Vec::new();
    for (client, key, value, writes) in plan {
        if times[client as usize] == ENDED {
            continue;
        }
        let known = &values[key as usize];
        let seen = known[chance.below(known.len() as u64) as usize].clone();
        let start = times[client as usize];
        times[client as usize] = start + 1 + chance.below(shape.length);
        let mut end = Some(times[client as usize]);
        let cas = writes && chance.percent(shape.cas_percent);
        if chance.percent(shape.unknown_percent) && writes {
            end = None;
        }
        let kind = match (writes, cas) {
            (true, true) => {
                let ok = end.map(|_| chance.percent(80));
                Kind::Cas { from: seen, to: value, ok }
            }
            (true, false) => Kind::Write { value },
            (false, _) => Kind::Read { value: seen, ok: true },
        };
        let mut operation = Operation::new(client, kind, &format!("k{key}"), start, end);
        operation.refused = end.is_some() && chance.percent(shape.refused_percent);
        operation.server = (shape.servers > 0).then(|| chance.below(shape.servers));
        if end.is_none() {
            // Nothing follows an unknown outcome under the same number.
            times[client as usize] = ENDED;
        }
        operations.push(operation);
    }
    let header = Header::new(Unit::Milliseconds, None);
    History::new(Some(header), operations)
}
