//! The levels by their definitions alone, for histories of a few operations: every choice of who
//! saw whom and every order is tried. It shares no code with the crate but the model.

use history::{Fate, History, Kind, Level, Operation};

/// Whether the level holds.
pub(crate) fn holds(history: &History, level: Level) -> bool {
    let world = World::new(history, level);
    match level {
        Level::Linearizable | Level::Sequential | Level::Bounded { .. } => world.one_order(),
        Level::Pram => world.pram(),
        _ => world.some_assignment(&mut vec![None; history.operations.len()]),
    }
}

struct World<'h> {
    ops: &'h [Operation],
    initial: Option<String>,
    level: Level,
    /// What counts: all writes that were not refused, and the reads that matter.
    counted: Vec<usize>,
}

/// Who saw whom: not assigned, the initial value, or a write.
type Sources = Vec<Option<Option<usize>>>;

impl<'h> World<'h> {
    fn new(history: &'h History, level: Level) -> World<'h> {
        let ops = &history.operations[..];
        let counted = (0..ops.len()).filter(|&i| counts(&ops[i], level)).collect();
        World { ops, initial: history.initial.clone(), level, counted }
    }

    fn is_write(&self, i: usize) -> bool {
        self.ops[i].is_write()
    }

    /// Whether an operation looks at what is there, as far as the level cares.
    fn looks(&self, i: usize) -> bool {
        match (&self.ops[i].kind, self.level) {
            (Kind::Write { .. } | Kind::Append { .. }, _) => false,
            (Kind::Read { .. } | Kind::Incr { .. }, _) => true,
            (Kind::Cas { .. }, Level::Mw | Level::Wfr | Level::Ryw | Level::Mr) => false,
            (Kind::Cas { .. }, _) => true,
            (Kind::Transaction { .. }, _) => unreachable!("`transactions` judges them"),
        }
    }

    fn made(&self, i: usize) -> &Option<String> {
        match &self.ops[i].kind {
            Kind::Write { value } => value,
            Kind::Cas { to, .. } => to,
            _ => unreachable!("this operation alone does not tell what it makes"),
        }
    }

    fn fits(&self, i: usize, held: &Option<String>) -> bool {
        match &self.ops[i].kind {
            Kind::Write { .. } | Kind::Append { .. } => true,
            Kind::Incr { add, value } => match sum(held, *add) {
                Some(sum) => value.is_none() || *value == Some(sum),
                None => false,
            },
            Kind::Read { value, .. } => held == value,
            Kind::Cas { from, ok: Some(false), .. } => held != from,
            Kind::Cas { from, .. } => held == from,
            Kind::Transaction { .. } => unreachable!("`transactions` judges them"),
        }
    }

    /// Client order.
    fn before(&self, a: usize, b: usize) -> bool {
        let place = |i: usize| (self.ops[i].start, self.ops[i].end.unwrap_or(u64::MAX), i);
        self.ops[a].client == self.ops[b].client && place(a) < place(b)
    }

    fn in_time(&self, a: usize, b: usize) -> bool {
        let slack = match self.level {
            Level::Bounded { ms } if !self.is_write(b) && self.is_read(b) => ms,
            _ => 0,
        };
        let start = self.ops[b].start.saturating_sub(slack);
        self.level != Level::Sequential
            && self.ops[a].fate() == Fate::Done
            && self.ops[a].end.is_some_and(|end| end < start)
    }

    fn is_read(&self, i: usize) -> bool {
        matches!(self.ops[i].kind, Kind::Read { .. })
    }

    fn last_value(&self, order: &[usize], key: &str) -> Option<String> {
        let mut held = self.initial.clone();
        for &i in order.iter().filter(|&&i| self.ops[i].key == key && self.is_write(i)) {
            held = match &self.ops[i].kind {
                Kind::Append { value } => Some(held.unwrap_or_default() + value),
                Kind::Incr { add, .. } => sum(&held, *add),
                _ => self.made(i).clone(),
            };
        }
        held
    }

    // One order.

    fn one_order(&self) -> bool {
        let precedes = |a: usize, b: usize| self.before(a, b) || self.in_time(a, b);
        let legal =
            |order: &[usize], i: usize| self.fits(i, &self.last_value(order, &self.ops[i].key));
        self.line_up(&mut Vec::new(), &mut self.counted.clone(), &precedes, &legal, &|_| true)
    }

    /// Whether what is left can follow the order so far, in some way; unknown operations may be
    /// left over.
    fn line_up(
        &self,
        order: &mut Vec<usize>,
        left: &mut Vec<usize>,
        precedes: &dyn Fn(usize, usize) -> bool,
        legal: &dyn Fn(&[usize], usize) -> bool,
        good: &dyn Fn(&[usize]) -> bool,
    ) -> bool {
        if left.iter().all(|&i| self.ops[i].fate() == Fate::Unknown) && good(order) {
            return true;
        }
        for at in 0..left.len() {
            let next = left[at];
            if left.iter().any(|&other| other != next && precedes(other, next))
                || !legal(order, next)
            {
                continue;
            }
            left.remove(at);
            order.push(next);
            let found = self.line_up(order, left, precedes, legal, good);
            order.pop();
            left.insert(at, next);
            if found {
                return true;
            }
        }
        false
    }

    fn clients(&self) -> std::collections::BTreeSet<u64> {
        self.counted.iter().map(|&i| self.ops[i].client).collect()
    }

    fn pram(&self) -> bool {
        self.clients().into_iter().all(|client| {
            let own = |i: usize| self.ops[i].client == client;
            let part = |&i: &usize| own(i) || self.is_write(i);
            let mut left: Vec<usize> = self.counted.iter().copied().filter(part).collect();
            let precedes = |a: usize, b: usize| self.before(a, b);
            let legal = |order: &[usize], i: usize| {
                !own(i) || self.fits(i, &self.last_value(order, &self.ops[i].key))
            };
            self.line_up(&mut Vec::new(), &mut left, &precedes, &legal, &|_| true)
        })
    }

    // Levels that ask who saw whom.

    /// Tries every source for each operation that looks and ran. An unknown operation ran if
    /// somebody saw it.
    fn some_assignment(&self, sources: &mut Sources) -> bool {
        let ran = |i: usize| self.ops[i].fate() == Fate::Done || sources.contains(&Some(Some(i)));
        let open = self.counted.iter().find(|&&i| self.looks(i) && ran(i) && sources[i].is_none());
        let Some(&i) = open else { return self.check(sources) };
        let mut choices: Vec<Option<usize>> = vec![None];
        choices.extend(self.counted.iter().map(|&w| Some(w)));
        for choice in choices {
            let fits = match choice {
                None => self.fits(i, &self.initial),
                Some(w) => {
                    w != i
                        && self.is_write(w)
                        && self.ops[w].key == self.ops[i].key
                        && self.fits(i, self.made(w))
                }
            };
            if fits {
                sources[i] = Some(choice);
                if self.some_assignment(sources) {
                    return true;
                }
                sources[i] = None;
            }
        }
        false
    }

    fn check(&self, sources: &Sources) -> bool {
        match self.level {
            Level::Causal | Level::Cc | Level::Cm => self.causal(sources),
            Level::Ryw => self.ryw(sources),
            Level::Mr => self.mr(sources),
            Level::Mw | Level::Wfr => self.observers(sources),
            _ => unreachable!("this level asks for an order"),
        }
    }

    fn ran(&self, sources: &Sources) -> Vec<usize> {
        let ran = |&i: &usize| self.ops[i].fate() == Fate::Done || sources.contains(&Some(Some(i)));
        self.counted.iter().copied().filter(ran).collect()
    }

    /// Causality: the transitive closure of client order and who saw whom.
    fn causality(&self, sources: &Sources) -> Option<Vec<Vec<bool>>> {
        let n = self.ops.len();
        let mut co = vec![vec![false; n]; n];
        let ran = self.ran(sources);
        for &a in &ran {
            for &b in &ran {
                co[a][b] = self.before(a, b) || sources[b] == Some(Some(a));
            }
        }
        for k in 0..n {
            for i in 0..n {
                if co[i][k] {
                    let reached = co[k].clone();
                    co[i].iter_mut().zip(reached).for_each(|(to, also)| *to |= also);
                }
            }
        }
        (0..n).all(|i| !co[i][i]).then_some(co)
    }

    fn causal(&self, sources: &Sources) -> bool {
        let Some(co) = self.causality(sources) else { return false };
        let ran = self.ran(sources);
        let precedes = |a: usize, b: usize| co[a][b];
        let past = |o: usize| -> Vec<usize> {
            ran.iter().copied().filter(|&a| a == o || co[a][o]).collect()
        };
        let value_in = |order: &[usize], i: usize| {
            let upto = order.iter().position(|&o| o == i).unwrap_or(order.len());
            self.last_value(&order[..upto], &self.ops[i].key)
        };
        let ran_set = |mut part: Vec<usize>, good: &dyn Fn(&[usize]) -> bool| {
            // Here everything ran: nothing may be left over.
            let size = part.len();
            let good = |order: &[usize]| order.len() == size && good(order);
            self.line_up(&mut Vec::new(), &mut part, &precedes, &|_, _| true, &good)
        };
        match self.level {
            // For each operation, some order of its causes explains it.
            Level::Cc => ran
                .iter()
                .filter(|&&o| self.looks(o))
                .all(|&o| ran_set(past(o), &|order| self.fits(o, &value_in(order, o)))),
            // For each operation, some order of its causes explains what its client saw so far.
            Level::Cm => ran.iter().all(|&o| {
                let mine = |&&i: &&usize| self.looks(i) && (i == o || self.before(i, o));
                let own: Vec<usize> = ran.iter().filter(mine).copied().collect();
                ran_set(past(o), &|order| own.iter().all(|&i| self.fits(i, &value_in(order, i))))
            }),
            // One order of everything explains each operation by those of its causes.
            _ => ran_set(ran.clone(), &|order| {
                order.iter().filter(|&&o| self.looks(o)).all(|&o| {
                    let causes: Vec<usize> = order.iter().copied().filter(|&a| co[a][o]).collect();
                    self.fits(o, &self.last_value(&causes, &self.ops[o].key))
                })
            }),
        }
    }

    fn ryw(&self, sources: &Sources) -> bool {
        self.counted.iter().filter(|&&r| self.looks(r)).all(|&r| {
            let own = |&&w: &&usize| {
                self.is_write(w) && self.before(w, r) && self.ops[w].key == self.ops[r].key
            };
            let mut own: Vec<usize> = self.counted.iter().filter(own).copied().collect();
            own.sort_by(|&a, &b| self.before(b, a).cmp(&self.before(a, b)));
            match (sources[r], own.last()) {
                (Some(None), latest) => latest.is_none(),
                (Some(Some(source)), Some(&latest)) => source == latest || !own.contains(&source),
                _ => true,
            }
        })
    }

    fn mr(&self, sources: &Sources) -> bool {
        let reads: Vec<usize> = self.counted.iter().copied().filter(|&r| self.looks(r)).collect();
        let related = |a: usize, b: usize| self.before(a, b) && self.ops[a].key == self.ops[b].key;
        for &a in &reads {
            for &b in &reads {
                for &c in &reads {
                    let returns = sources[a] == sources[c] || sources[c] == Some(None);
                    if related(a, b)
                        && related(b, c)
                        && sources[a] != sources[b]
                        && returns
                        && sources[b] != sources[c]
                    {
                        return false;
                    }
                }
                if related(a, b) && sources[b] == Some(None) && sources[a] != Some(None) {
                    return false;
                }
            }
        }
        true
    }

    /// For each observer: some order of the writes and some growing sets of visible ones.
    fn observers(&self, sources: &Sources) -> bool {
        let n = self.ops.len();
        let writes: Vec<usize> =
            self.ran(sources).into_iter().filter(|&w| self.is_write(w)).collect();
        // Which write directly brings which along.
        let mut brings = vec![vec![false; n]; n];
        for &w in &writes {
            for &i in &self.counted {
                if !self.before(i, w) {
                    continue;
                }
                if self.level == Level::Mw && self.is_write(i) {
                    brings[w][i] = true;
                } else if self.level == Level::Wfr
                    && let Some(Some(source)) = sources[i]
                {
                    brings[w][source] = true;
                }
            }
        }
        let observers: std::collections::BTreeSet<(u64, Option<u64>)> = self
            .counted
            .iter()
            .filter(|&&r| self.is_read(r))
            .map(|&r| (self.ops[r].client, self.ops[r].server))
            .collect();
        observers.into_iter().all(|observer| {
            let mut reads: Vec<usize> = self
                .counted
                .iter()
                .copied()
                .filter(|&r| {
                    self.is_read(r) && (self.ops[r].client, self.ops[r].server) == observer
                })
                .collect();
            reads.sort_by(|&a, &b| self.before(b, a).cmp(&self.before(a, b)));
            self.some_order(&writes, &mut Vec::new(), &|order| {
                let ordered = writes.iter().all(|&w| {
                    let place = |i: usize| order.iter().position(|&o| o == i);
                    (0..n).all(|f| !brings[w][f] || place(f) < place(w))
                });
                ordered && self.sees(order, &brings, &reads, sources, 0)
            })
        })
    }

    fn some_order(
        &self,
        all: &[usize],
        order: &mut Vec<usize>,
        good: &dyn Fn(&[usize]) -> bool,
    ) -> bool {
        if order.len() == all.len() {
            return good(order);
        }
        all.iter().any(|&next| {
            if order.contains(&next) {
                return false;
            }
            order.push(next);
            let found = self.some_order(all, order, good);
            order.pop();
            found
        })
    }

    /// Whether visible sets can grow so that each read saw the last visible write of its key.
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
            let key = &self.ops[read].key;
            let last = order.iter().rev().find(|&&w| inside(w) && self.ops[w].key == *key);
            closed
                && sources[read] == Some(last.copied())
                && self.sees(order, brings, rest, sources, set)
        })
    }
}

fn sum(held: &Option<String>, add: i64) -> Option<String> {
    let held: i64 = held.as_ref().map_or(Some(0), |held| held.parse().ok())?;
    Some((held + add).to_string())
}

fn counts(operation: &Operation, level: Level) -> bool {
    match (operation.fate(), &operation.kind) {
        (Fate::Refused, _) => false,
        (fate, Kind::Read { .. }) => {
            let weaker = match operation.level {
                Some(Level::Sequential) => {
                    matches!(level, Level::Linearizable | Level::Bounded { .. })
                }
                Some(Level::Bounded { ms: asked }) => match level {
                    Level::Linearizable => true,
                    Level::Bounded { ms } => asked > ms,
                    _ => false,
                },
                Some(Level::Eventual) => level != Level::Eventual,
                _ => false,
            };
            fate == Fate::Done && !weaker
        }
        _ => true,
    }
}
