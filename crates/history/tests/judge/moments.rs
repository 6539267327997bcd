//! The levels by their definitions alone where transactions take part, for histories of a few
//! operations: a transaction is one event that runs its operations one after the other at one
//! moment. Every choice of who saw whom and every order is tried. It shares no code with the crate
//! but the model.

use std::collections::{BTreeMap, BTreeSet};

use history::{Fate, History, Kind, Level, Operation};

pub(crate) type Held = Option<String>;
type State = BTreeMap<String, Held>;

/// Whether the level holds.
pub(crate) fn holds(history: &History, level: Level) -> bool {
    let ops = &history.operations[..];
    let counted: Vec<usize> = (0..ops.len()).filter(|&i| counts(&ops[i])).collect();
    let world = World { ops, level, counted: counted.clone() };
    match level {
        Level::Linearizable | Level::Bounded { .. } | Level::Sequential => {
            world.one_order(None, &mut counted.clone(), &State::new())
        }
        Level::Pram => {
            let clients: BTreeSet<u64> = counted.iter().map(|&i| ops[i].client).collect();
            clients.into_iter().all(|client| {
                let part = |&i: &usize| ops[i].client == client || ops[i].is_write();
                let mut left = counted.iter().copied().filter(part).collect();
                world.one_order(Some(client), &mut left, &State::new())
            })
        }
        _ => world.some_assignment(&mut BTreeMap::new()),
    }
}

fn counts(op: &Operation) -> bool {
    op.fate() != Fate::Refused && (op.is_write() || op.fate() == Fate::Done)
}

/// Runs one operation of a key.
pub(crate) fn run(part: &Operation, held: &mut Held, answered: bool) -> bool {
    let sum = |add: i64| {
        let held: i64 = held.as_ref().map_or(Some(0), |held| held.parse().ok())?;
        Some((held + add).to_string())
    };
    match &part.kind {
        Kind::Write { value } => *held = value.clone(),
        Kind::Append { value } => *held = Some(held.clone().unwrap_or_default() + value),
        Kind::Read { ok: false, .. } => {}
        Kind::Read { value, .. } => return held == value,
        Kind::Cas { from, to, ok } => {
            let found = held == from;
            if found {
                *held = to.clone();
            }
            return ok.is_none_or(|ok| ok == found);
        }
        Kind::Incr { add, value } => match sum(*add) {
            Some(sum) => {
                *held = Some(sum);
                return value.is_none() || value == held;
            }
            None => return !answered,
        },
        Kind::Transaction { .. } => unreachable!("no transaction has another inside"),
    }
    true
}

/// Runs an operation as a whole.
fn runs(op: &Operation, state: &State) -> Option<State> {
    let mut behind = state.clone();
    for part in op.parts() {
        let held = behind.entry(part.key.clone()).or_default();
        let unknown_cas = !op.is_transaction() && matches!(part.kind, Kind::Cas { ok: None, .. });
        let found = unknown_cas && part.seen().is_some_and(|from| from != held);
        if found || !run(part, held, op.fate() == Fate::Done || !op.is_transaction()) {
            return None;
        }
    }
    Some(behind)
}

fn parts_on<'h>(op: &'h Operation, key: &str) -> impl Iterator<Item = &'h Operation> {
    op.parts().iter().filter(move |part| part.key == key)
}

fn keys(op: &Operation) -> BTreeSet<String> {
    op.parts().iter().map(|part| part.key.clone()).collect()
}

fn writes(op: &Operation, key: &str) -> bool {
    parts_on(op, key).any(Operation::is_write)
}

fn fits(op: &Operation, key: &str, held: &Held) -> bool {
    if let (Kind::Cas { from, ok: None, .. }, false) = (&op.kind, op.is_transaction()) {
        // By itself it ran if it found what it looked for.
        return held == from;
    }
    let mut held = held.clone();
    parts_on(op, key).all(|part| run(part, &mut held, true))
}

/// Whether something can have been there that explains all that was answered.
fn is_coherent(op: &Operation, key: &str) -> bool {
    let mut there = vec![None, Some("something else".to_string())];
    for part in parts_on(op, key) {
        if let Kind::Cas { from: value, .. } | Kind::Read { value, .. } = &part.kind {
            there.push(value.clone());
        }
    }
    op.fate() != Fate::Done || there.iter().any(|held| fits(op, key, held))
}

/// What an operation leaves in a key, whatever was there: it tells that itself here.
fn made(op: &Operation, key: &str) -> Held {
    if let Some(written) = op.written() {
        return written.clone();
    }
    let mut held = None;
    for part in parts_on(op, key) {
        if let (Some(seen), false) = (part.seen(), matches!(part.kind, Kind::Cas { ok: None, .. }))
        {
            held = seen.clone();
        }
        run(part, &mut held, false);
    }
    held
}

/// What an operation saw of each key that it looked at: the initial value, or a write.
type Sources = BTreeMap<(usize, String), Option<usize>>;

struct World<'h> {
    ops: &'h [Operation],
    level: Level,
    counted: Vec<usize>,
}

impl World<'_> {
    /// Client order.
    fn before(&self, a: usize, b: usize) -> bool {
        let place = |i: usize| (self.ops[i].start, self.ops[i].end.unwrap_or(u64::MAX), i);
        self.ops[a].client == self.ops[b].client && place(a) < place(b)
    }

    fn in_time(&self, a: usize, b: usize) -> bool {
        let slack = match self.level {
            Level::Bounded { ms } if self.ops[b].is_read() => ms,
            _ => 0,
        };
        let start = self.ops[b].start.saturating_sub(slack);
        !matches!(self.level, Level::Sequential | Level::Pram)
            && self.ops[a].fate() == Fate::Done
            && self.ops[a].end.is_some_and(|end| end < start)
    }

    /// Whether an order explains all that looked, or all that this client did.
    fn one_order(&self, client: Option<u64>, left: &mut Vec<usize>, state: &State) -> bool {
        if left.iter().all(|&i| self.ops[i].fate() == Fate::Unknown) {
            return true;
        }
        for at in 0..left.len() {
            let next = left[at];
            let waits = |&other: &usize| {
                other != next && (self.before(other, next) || self.in_time(other, next))
            };
            if left.iter().any(waits) {
                continue;
            }
            let op = &self.ops[next];
            let behind = match client {
                Some(client) if op.client != client => {
                    let changed = keys(op).into_iter().filter(|key| writes(op, key));
                    let left = changed.map(|key| (key.clone(), made(op, &key)));
                    Some(state.clone().into_iter().chain(left).collect())
                }
                _ => runs(op, state),
            };
            let Some(behind) = behind else { continue };
            left.remove(at);
            let found = self.one_order(client, left, &behind);
            left.insert(at, next);
            if found {
                return true;
            }
        }
        false
    }

    /// Whether an operation looks at a key, as far as the level cares: for the guarantees of
    /// sessions only reads look, and a cas is a write.
    fn looks(&self, i: usize, key: &str) -> bool {
        let only_reads = matches!(self.level, Level::Mw | Level::Wfr | Level::Ryw | Level::Mr);
        let silent = |part: &&Operation| match part.kind {
            Kind::Read { ok, .. } => !ok,
            Kind::Cas { ok: Some(false), .. } => only_reads,
            _ => false,
        };
        match parts_on(&self.ops[i], key).find(|part| !silent(part)).map(|first| &first.kind) {
            None | Some(Kind::Write { .. }) => false,
            Some(Kind::Read { .. }) => true,
            Some(_) => !only_reads,
        }
    }

    fn has_run(&self, sources: &Sources) -> Vec<usize> {
        let seen = |i: usize| sources.values().any(|&source| source == Some(i));
        let ran = |&i: &usize| self.ops[i].fate() == Fate::Done || seen(i);
        self.counted.iter().copied().filter(ran).collect()
    }

    /// Tries every source for each look of what ran. What is of unknown outcome ran if somebody saw
    /// it.
    fn some_assignment(&self, sources: &mut Sources) -> bool {
        let ran = self.has_run(sources);
        let slots = ran.iter().flat_map(|&i| keys(&self.ops[i]).into_iter().map(move |k| (i, k)));
        let slots: Vec<(usize, String)> = slots.collect();
        let is_open = |(i, key): &&(usize, String)| {
            self.looks(*i, key) && !sources.contains_key(&(*i, key.clone()))
        };
        let Some((i, key)) = slots.iter().find(is_open) else {
            let is_coherent = slots.iter().all(|(i, key)| is_coherent(&self.ops[*i], key));
            return is_coherent && self.explains(&ran, sources);
        };
        let is_source = |&w: &usize| w != *i && writes(&self.ops[w], key);
        let others = self.counted.iter().copied().filter(is_source).map(Some);
        for choice in [None].into_iter().chain(others) {
            let held = choice.and_then(|w| made(&self.ops[w], key));
            if !fits(&self.ops[*i], key, &held) {
                continue;
            }
            sources.insert((*i, key.clone()), choice);
            if self.some_assignment(sources) {
                return true;
            }
            sources.remove(&(*i, key.clone()));
        }
        false
    }

    fn explains(&self, ran: &[usize], sources: &Sources) -> bool {
        match self.level {
            Level::Causal | Level::Cm | Level::Cc => self.causal(ran, sources),
            Level::Ryw => self.remembers_writes(sources),
            Level::Mr => self.never_returns(sources),
            Level::Mw | Level::Wfr => self.observers(ran, sources),
            _ => unreachable!("this level asks for orders alone"),
        }
    }

    /// For each operation its causes, if none causes itself.
    fn causes(&self, ran: &[usize], sources: &Sources) -> Option<Vec<Vec<bool>>> {
        let n = self.ops.len();
        let mut causes = vec![vec![false; n]; n];
        for &a in ran {
            for &b in ran {
                let seen = || sources.iter().any(|((i, _), source)| *i == b && *source == Some(a));
                causes[b][a] = self.before(a, b) || seen();
            }
        }
        for k in 0..n {
            for i in 0..n {
                if causes[i][k] {
                    let through = causes[k].clone();
                    causes[i].iter_mut().zip(through).for_each(|(to, also)| *to |= also);
                }
            }
        }
        (0..n).all(|i| !causes[i][i]).then_some(causes)
    }

    fn causal(&self, ran: &[usize], sources: &Sources) -> bool {
        let Some(causes) = self.causes(ran, sources) else { return false };
        // What one operation saw, if these stood before it in this order.
        let saw = |order: &[usize], i: usize| {
            sources.keys().filter(|(of, _)| *of == i).all(|(_, key)| {
                let last = order.iter().rev().find(|&&w| writes(&self.ops[w], key));
                fits(&self.ops[i], key, &last.and_then(|&w| made(&self.ops[w], key)))
            })
        };
        let up_to =
            |order: &[usize], i: usize| order.iter().position(|&o| o == i).map_or(0, |at| at);
        let past = |o: usize| -> Vec<usize> {
            ran.iter().copied().filter(|&a| a == o || causes[o][a]).collect()
        };
        let some = |mut of: Vec<usize>, good: &dyn Fn(&[usize]) -> bool| {
            extend(&mut Vec::new(), &mut of, &causes, good)
        };
        match self.level {
            // For each operation, some order of its causes explains it.
            Level::Cc => {
                ran.iter().all(|&o| some(past(o), &|order| saw(&order[..up_to(order, o)], o)))
            }
            // For each operation, some order of its causes explains what its client saw so far.
            Level::Cm => ran.iter().all(|&o| {
                let own = |&&i: &&usize| i == o || self.before(i, o);
                let own: Vec<usize> = ran.iter().filter(own).copied().collect();
                some(past(o), &|order| own.iter().all(|&i| saw(&order[..up_to(order, i)], i)))
            }),
            // One order of everything explains each operation by those of its causes.
            _ => some(ran.to_vec(), &|order| {
                ran.iter().all(|&i| {
                    let of = order.iter().copied().filter(|&a| causes[i][a]);
                    saw(&of.collect::<Vec<_>>(), i)
                })
            }),
        }
    }

    fn remembers_writes(&self, sources: &Sources) -> bool {
        sources.iter().all(|((r, key), source)| {
            let own = |&w: &usize| self.before(w, *r) && writes(&self.ops[w], key);
            let mut own: Vec<usize> = self.counted.iter().copied().filter(own).collect();
            own.sort_by(|&a, &b| self.before(b, a).cmp(&self.before(a, b)));
            match (source, own.last()) {
                (None, latest) => latest.is_none(),
                (Some(source), Some(latest)) => source == latest || !own.contains(source),
                _ => true,
            }
        })
    }

    fn never_returns(&self, sources: &Sources) -> bool {
        let reads = || sources.iter();
        let later = |((a, x), _): &(&(usize, String), &Option<usize>),
                     ((b, y), _): &(&(usize, String), &Option<usize>)| {
            self.before(*a, *b) && x == y
        };
        reads().all(|a| {
            reads().filter(|b| later(&a, b) && a.1 != b.1).all(|b| {
                // Nothing comes before the initial value.
                b.1.is_some() && reads().filter(|c| later(&b, c)).all(|c| a.1 != c.1)
            })
        })
    }

    /// For each observer: some order of the writes and some growing sets of visible ones.
    fn observers(&self, ran: &[usize], sources: &Sources) -> bool {
        let n = self.ops.len();
        let all: Vec<usize> = ran.iter().copied().filter(|&w| self.ops[w].is_write()).collect();
        // Which write directly brings which along. What an operation reads it reads before it
        // writes.
        let mut brings = vec![vec![false; n]; n];
        for &w in &all {
            if self.level == Level::Mw {
                all.iter().filter(|&&i| self.before(i, w)).for_each(|&i| brings[w][i] = true);
                continue;
            }
            let first =
                |&(&(i, _), _): &(&(usize, String), &Option<usize>)| i == w || self.before(i, w);
            for (_, source) in sources.iter().filter(first) {
                source.iter().for_each(|&source| brings[w][source] = true);
            }
        }
        let observer = |i: usize| (self.ops[i].client, self.ops[i].server);
        let readers: BTreeSet<usize> = sources.keys().map(|(i, _)| *i).collect();
        let observers: BTreeSet<_> = readers.iter().map(|&i| observer(i)).collect();
        observers.into_iter().all(|who| {
            let mut reads: Vec<usize> =
                readers.iter().copied().filter(|&i| observer(i) == who).collect();
            reads.sort_by(|&a, &b| self.before(b, a).cmp(&self.before(a, b)));
            extend(&mut Vec::new(), &mut all.clone(), &brings, &|order| {
                self.sees(order, &brings, &reads, sources, 0)
            })
        })
    }

    /// Whether visible sets can grow so that each operation read the last visible writes of its
    /// keys.
    fn sees(
        &self,
        order: &[usize],
        brings: &[Vec<bool>],
        reads: &[usize],
        sources: &Sources,
        visible: u32,
    ) -> bool {
        let Some((&read, rest)) = reads.split_first() else { return true };
        (0..1_u32 << order.len()).filter(|set| set & visible == visible).any(|set| {
            let inside =
                |i: usize| order.iter().position(|&o| o == i).is_some_and(|at| set >> at & 1 == 1);
            let closed = order
                .iter()
                .filter(|&&w| inside(w))
                .all(|&w| (0..self.ops.len()).all(|f| !brings[w][f] || inside(f)));
            let mut own = sources.iter().filter(|((i, _), _)| *i == read);
            closed
                && own.all(|((_, key), source)| {
                    let is_last = |&&w: &&usize| inside(w) && writes(&self.ops[w], key);
                    *source == order.iter().rev().find(is_last).copied()
                })
                && self.sees(order, brings, rest, sources, set)
        })
    }
}

/// Whether some order of what is left, each behind what must come before it, is a good one.
fn extend(
    order: &mut Vec<usize>,
    left: &mut Vec<usize>,
    causes: &[Vec<bool>],
    good: &dyn Fn(&[usize]) -> bool,
) -> bool {
    if left.is_empty() {
        return good(order);
    }
    for at in 0..left.len() {
        let next = left[at];
        if left.iter().any(|&other| causes[next][other]) {
            continue;
        }
        left.remove(at);
        order.push(next);
        let found = extend(order, left, causes, good);
        order.pop();
        left.insert(at, next);
        if found {
            return true;
        }
    }
    false
}
