//! Random histories from a seed, made so that both verdicts are plentiful.

use history::{History, Kind, Level, Operation};

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
    pub(crate) delete_percent: u64,
    pub(crate) unknown_percent: u64,
    pub(crate) refused_percent: u64,
    pub(crate) level_percent: u64,
    /// How much longer than nothing operations take.
    pub(crate) length: u64,
    /// How often a read returns anything at all that was written, instead of what a store of one
    /// copy, perhaps a stale one, would return.
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
            Kind::Write { value }
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
        if matches!(operation.kind, Kind::Read { .. }) && chance.percent(shape.level_percent) {
            operation.level = Some([Level::Sequential, Level::Eventual][chance.below(2) as usize]);
        }
        let took_effect = !refused && (!unknown || chance.percent(50));
        match &operation.kind {
            Kind::Write { value } if took_effect || chance.percent(20) => {
                past[key].push(value.clone())
            }
            Kind::Cas { from, to, ok } if took_effect && *ok != Some(false) && *from == now => {
                past[key].push(to.clone());
            }
            _ => {}
        }
        operations.push(operation);
    }
    History::new(None, operations)
}
