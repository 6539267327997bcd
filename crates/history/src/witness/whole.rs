//! What a validator knows of transactions: their operations, run one after the other.

use std::borrow::Cow;

use crate::model::operation::{Fate, Kind, Operation};
use crate::witness::facts::{Facts, fits, looks, makes, sum};

/// What a key holds.
pub(super) type Held<'h> = Option<Cow<'h, str>>;

/// Runs an operation of a transaction where its key holds this; false if it cannot have been
/// answered so. Where nothing was answered, one that finds something else does nothing.
pub(super) fn run<'h>(part: &'h Operation, held: &mut Held<'h>, answered: bool) -> bool {
    let new = |value: &'h Option<String>| value.as_deref().map(Cow::Borrowed);
    match &part.kind {
        Kind::Write { value } => *held = new(value),
        Kind::Append { value } => held.get_or_insert_default().to_mut().push_str(value),
        Kind::Read { ok: false, .. } => {}
        Kind::Cas { from, to, ok: None } if from.as_deref() == held.as_deref() => *held = new(to),
        Kind::Cas { ok: None, .. } => {}
        Kind::Incr { add, value: None } => match sum(held.as_deref(), *add) {
            Some(sum) => *held = Some(Cow::Owned(sum)),
            None => return !answered,
        },
        _ if !fits(part, held.as_deref()) => return false,
        Kind::Incr { add, .. } => *held = sum(held.as_deref(), *add).map(Cow::Owned),
        Kind::Cas { to, ok: Some(true), .. } => *held = new(to),
        _ => {}
    }
    true
}

impl<'h> Facts<'h> {
    /// The keys of an operation, each once, in the order in which it names them.
    fn named(&self, index: usize) -> Vec<usize> {
        let mut named = Vec::new();
        for (key, _) in self.parts(index) {
            if !named.contains(&key) {
                named.push(key);
            }
        }
        named
    }

    /// What an operation does to one key.
    fn parts_on(&self, index: usize, key: usize) -> impl Iterator<Item = &'h Operation> {
        self.parts(index).filter(move |&(of, _)| of == key).map(|(_, part)| part)
    }

    /// The keys that an operation changes.
    pub(super) fn changed(&self, index: usize) -> impl Iterator<Item = usize> {
        let is_whole = self.op(index).is_transaction();
        let named = if is_whole { self.named(index) } else { Vec::new() };
        let changes = move |&key: &usize| self.parts_on(index, key).any(Operation::is_write);
        let own = makes(self.op(index)).map(|_| self.key[index]);
        own.into_iter().chain(named.into_iter().filter(changes))
    }

    /// Whether an operation looked at a key of its own, as far as the level cares. For the
    /// guarantees of sessions only reads look.
    fn looked_at(&self, index: usize, key: usize) -> bool {
        let looks = |part: &Operation| match part.kind {
            Kind::Read { .. } => true,
            _ => !self.only_reads && looks(part),
        };
        if !self.op(index).is_transaction() {
            return looks(self.op(index));
        }
        let is_told = |part: &&Operation| match part.kind {
            Kind::Read { ok, .. } => ok,
            // What was not there is nothing that was read.
            Kind::Cas { ok: Some(false), .. } => !self.only_reads,
            _ => true,
        };
        self.parts_on(index, key).find(is_told).is_some_and(looks)
    }

    /// Whether an operation looked at any key.
    pub(super) fn looked(&self, index: usize) -> bool {
        match self.op(index).is_transaction() {
            true => self.named(index).into_iter().any(|key| self.looked_at(index, key)),
            false => self.looked_at(index, self.key[index]),
        }
    }

    /// What the witness says that an operation saw, for each key that it looked at.
    pub(super) fn saw(
        &self,
        index: usize,
        saw: &mut Vec<(usize, Option<usize>)>,
    ) -> Result<(), String> {
        saw.clear();
        if !self.op(index).is_transaction() {
            if self.looked(index) {
                saw.push((self.key[index], self.source(index)?));
            }
            return Ok(());
        }
        let looked = |&key: &usize| self.looked_at(index, key);
        let keys: Vec<usize> = self.named(index).into_iter().filter(looked).collect();
        let sources = self.seen.get(&index).map_or(&[][..], Vec::as_slice);
        if sources.len() != keys.len() {
            return Err(format!("it is not told what {} saw", self.name(index)));
        }
        saw.extend(keys.into_iter().zip(sources.iter().copied()));
        Ok(())
    }

    /// Each source of a transaction, and each that is one, made the value that its reader saw.
    pub(super) fn transactions_fit(&self) -> Result<(), String> {
        let sources = self.sources.iter().map(|(&index, &source)| (index, self.key[index], source));
        let is_whole =
            |source: Option<usize>| source.is_some_and(|one| self.op(one).is_transaction());
        let mut told: Vec<_> = sources.filter(|&(.., source)| is_whole(source)).collect();
        let mut saw = Vec::new();
        for &index in self.seen.keys() {
            self.saw(index, &mut saw)?;
            told.extend(saw.iter().map(|&(key, source)| (index, key, source)));
        }
        self.contradict_nobody()?;
        for (index, key, source) in told {
            if source == Some(index) {
                return Err(format!("{} saw itself", self.name(index)));
            }
            let mut held = match source {
                None => self.history.initial.as_deref().map(Cow::Borrowed),
                Some(source) => self.left(source, key)?,
            };
            let answered = self.op(index).fate() == Fate::Done;
            let fits = match self.op(index).is_transaction() {
                true => self.parts_on(index, key).all(|part| run(part, &mut held, answered)),
                false => fits(self.op(index), held.as_deref()),
            };
            if !fits {
                let name = self.name(index);
                return Err(format!("{name} did not see the value of its source"));
            }
        }
        Ok(())
    }

    /// What a transaction finds in a key behind its own writes, it left there.
    fn contradict_nobody(&self) -> Result<(), String> {
        for &index in self.part_keys.keys().filter(|&&index| self.counts[index]) {
            for key in self.named(index) {
                let blind = |part: &&Operation| !matches!(part.kind, Kind::Write { .. });
                let mut held = None;
                let mut own = self.parts_on(index, key).skip_while(blind);
                if !own.all(|part| run(part, &mut held, true)) {
                    return Err(format!("{} contradicts itself", self.name(index)));
                }
            }
        }
        Ok(())
    }

    /// What an operation left in a key; an error if it changed nothing there or does not tell.
    pub(super) fn left(&self, index: usize, key: usize) -> Result<Held<'h>, String> {
        let name = || self.name(index);
        if !self.op(index).is_transaction() {
            let left = makes(self.op(index)).filter(|_| self.key[index] == key);
            let left = left.ok_or_else(|| format!("{} writes nothing to see", name()))?;
            return Ok(left.as_deref().map(Cow::Borrowed));
        }
        let (mut held, mut is_known, mut changed) = (None, false, false);
        for part in self.parts_on(index, key) {
            match &part.kind {
                Kind::Read { value, ok: true } => held = value.as_deref().map(Cow::Borrowed),
                Kind::Cas { from, ok: Some(true), .. } => {
                    held = from.as_deref().map(Cow::Borrowed);
                }
                Kind::Write { .. } => {}
                _ if is_known => {}
                Kind::Read { .. } | Kind::Cas { ok: Some(false), .. } => continue,
                _ => return Err(format!("{} does not tell what it left", name())),
            }
            is_known = true;
            run(part, &mut held, false);
            changed |= part.is_write();
        }
        if changed { Ok(held) } else { Err(format!("{} writes nothing to see", name())) }
    }
}
