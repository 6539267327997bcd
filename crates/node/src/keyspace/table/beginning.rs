//! The keyspaces with which a cluster begins: an entry says all of them, and they are carved out
//! one after the other.
//!
//! The entry counts only while nobody has said anything of keyspaces. So a keyspace that was
//! dropped is not brought back by a configuration that still names it, whoever leads.

use std::collections::VecDeque;

use super::{Attempt, KEYSPACES_MAX, Table};
use crate::keyspace::definition::Definition;
use crate::reply::Error;
use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

impl Table {
    /// Whether keyspaces with which the cluster begins are still to come.
    pub(crate) fn begins(&self) -> bool {
        !self.wanted.is_empty()
    }

    /// Whether a key is to be that of a keyspace with which the cluster begins: nobody takes
    /// commands on it meanwhile, or what is written into the one that has it now would keep the
    /// keyspace from being made.
    pub(crate) fn is_to_come(&self, key: &[u8]) -> bool {
        let so_far = || self.of_key(key).map_or(0, |entry| entry.definition.prefix.len());
        let comes = |one: &Definition| key.starts_with(&one.prefix) && one.prefix.len() > so_far();
        mutant!(ToComeTaken, self.wanted.iter().any(comes), false)
    }

    /// The cluster begins with these, unless somebody has said something of keyspaces before; the
    /// first of them begins to be carved out.
    pub(crate) fn begin_with(&mut self, wanted: Vec<Definition>, at: Attempt) {
        if mutant!(BeginsAgain, self.version > 0, self.under_way().is_some()) {
            return;
        }
        self.version += 1;
        self.wanted = wanted.into();
        self.reserve_wanted(at);
    }

    /// An attempt has ended there: if it was about one of those with which the cluster begins, the
    /// next one has its turn. What was given up does not come again: else a member that is away
    /// would keep the keys of its prefix from everybody, and all others from making keyspaces.
    pub(crate) fn go_on(&mut self, at: Attempt) {
        if self.under_way().is_some() {
            return;
        }
        self.wanted.pop_front();
        self.reserve_wanted(at);
    }

    fn reserve_wanted(&mut self, at: Attempt) {
        while let Some(next) = self.wanted.front() {
            // They were checked together, and nobody creates another one meanwhile.
            if self.reserve(next.clone(), at).is_ok() {
                return;
            }
            self.wanted.pop_front();
        }
    }

    pub(super) fn encode_wanted(&self, out: &mut Vec<u8>) {
        if self.begins() {
            put_uint(out, self.wanted.len() as u64);
            self.wanted.iter().for_each(|one| put_bytes(out, &one.encode()));
        }
    }

    pub(super) fn decode_wanted(
        reader: &mut Reader<'_>,
    ) -> Result<VecDeque<Definition>, Malformed> {
        if reader.is_empty() {
            return Ok(VecDeque::new());
        }
        let count = reader.count()?;
        let wanted: Result<VecDeque<_>, Malformed> = (0..count)
            .map(|_| {
                let mut within = Reader::new(reader.bytes()?);
                let definition = Definition::decode(&mut within)?;
                within.end()?;
                Ok(definition)
            })
            .collect();
        wanted.and_then(|wanted| if wanted.is_empty() { Err(Malformed) } else { Ok(wanted) })
    }

    /// Whether what is still to come can have come of entries: the first of them is under way.
    pub(super) fn is_wanted_sound(&self) -> bool {
        let Some(first) = self.wanted.front() else { return true };
        let is_first =
            self.under_way().is_some_and(|(entry, _)| entry.definition.name == first.name);
        is_first && check_together(self.wanted.iter()).is_ok()
    }
}

/// Whether a cluster can begin with these.
///
/// # Errors
/// What is wrong with them, and what would help.
pub fn check_keyspaces(keyspaces: &[Definition]) -> Result<(), Error> {
    keyspaces.iter().try_for_each(Definition::check)?;
    check_together(keyspaces.iter())
}

fn check_together<'a>(keyspaces: impl Iterator<Item = &'a Definition>) -> Result<(), Error> {
    let mut before: Vec<&Definition> = vec![];
    for one in keyspaces {
        let name = &one.name;
        if name == "default" || name == "system" {
            return Err(Error::Invalid(format!(
                "there is a keyspace {name} in every cluster. Hint: choose another name"
            )));
        }
        if let Some(other) = before.iter().find(|other| other.name == one.name) {
            return Err(Error::Invalid(format!("two keyspaces are called {}", other.name)));
        }
        if let Some(other) = before.iter().find(|other| other.prefix == one.prefix) {
            return Err(Error::Invalid(format!(
                "the keyspaces {} and {name} have one prefix",
                other.name
            )));
        }
        before.push(one);
    }
    match before.len() {
        0..=KEYSPACES_MAX => Ok(()),
        count => {
            Err(Error::Invalid(format!("{count} keyspaces: a cluster has {KEYSPACES_MAX} at most")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Durability, Level, Order};
    use crate::ids::{Index, KeyspaceId};
    use crate::keyspace::definition::{Allowed, Levels};

    fn definition(name: &str) -> Definition {
        let levels = Levels { level: Level::Causal, allowed: Allowed::default() };
        let prefix = format!("{name}:").into_bytes();
        Definition {
            name: name.into(),
            prefix,
            order: Order::Merged,
            levels,
            durability: Durability::Disk,
        }
    }

    fn at(index: u64, began_ms: u64) -> Attempt {
        Attempt { index: Index(index), began_ms }
    }

    /// The names of those that there are, in the order of their ids, and of those to come.
    fn names(table: &Table) -> (Vec<&str>, Vec<&str>) {
        let mut there: Vec<_> = table.iter().collect();
        there.sort_by_key(|entry| entry.id);
        let there = there.into_iter().map(|entry| &*entry.definition.name);
        (there.collect(), table.wanted.iter().map(|one| &*one.name).collect())
    }

    #[test]
    fn they_come_one_after_the_other_and_once() {
        let mut table = Table::default();
        table.begin_with(vec![definition("a"), definition("b")], at(3, 0));
        assert_eq!(names(&table), (vec!["a"], vec!["a", "b"]));
        assert_eq!(Table::decode(&table.encode()), Ok(table.clone()));
        assert!(matches!(table.reserve(definition("c"), at(4, 0)), Err(Error::TryAgain(_))));
        assert!(table.open(Index(3)));
        table.go_on(at(5, 0));
        assert_eq!(names(&table), (vec!["a", "b"], vec!["b"]));
        table.go_on(at(6, 0));
        assert!(table.begins(), "what an end says that counts no more changes nothing");
        assert!(table.give_up(Index(5)));
        table.go_on(at(7, 0));
        assert_eq!(names(&table), (vec!["a"], vec![]), "it had keys");
        assert_eq!(Table::decode(&table.encode()), Ok(table.clone()));
        table.begin_drop("a", at(8, 0)).unwrap();
        assert!(table.open(Index(8)));
        table.begin_with(vec![definition("a")], at(9, 0));
        assert_eq!(names(&table), (vec![], vec![]), "what was dropped does not come again");
    }

    #[test]
    fn no_key_of_those_to_come_is_taken_meanwhile() {
        let of =
            |name: &str, prefix: &str| Definition { prefix: prefix.into(), ..definition(name) };
        let mut table = Table::default();
        table.begin_with(vec![of("a", "k:a:"), of("b", "k:"), of("c", "k:a:c:")], at(3, 0));
        let takes = |table: &Table| {
            ["k", "k:1", "k:a:1", "k:a:c:1"]
                .map(|key| (1..9).find(|id| table.takes(KeyspaceId(*id), key.as_bytes())))
        };
        assert_eq!(takes(&table), [Some(1), None, None, None]);
        assert!(table.open(Index(3)));
        table.go_on(at(4, 0));
        assert_eq!(takes(&table), [Some(1), None, Some(2), None]);
        assert!(table.open(Index(4)));
        table.go_on(at(5, 0));
        assert_eq!(takes(&table), [Some(1), Some(3), Some(2), None]);
        assert!(table.give_up(Index(5)));
        table.go_on(at(6, 0));
        assert_eq!(takes(&table), [Some(1), Some(3), Some(2), Some(2)]);
    }

    #[test]
    fn what_cannot_be_together_is_named() {
        let refused = |all: &[Definition]| check_keyspaces(all).unwrap_err().to_string();
        let (a, b) = (definition("a"), definition("b"));
        assert!(check_keyspaces(&[a.clone(), b.clone()]).is_ok());
        assert!(refused(&[a.clone(), a.clone()]).contains("two keyspaces are called a"));
        let same_prefix = Definition { prefix: a.prefix.clone(), ..b };
        assert!(refused(&[a.clone(), same_prefix]).contains("a and b have one prefix"));
        assert!(refused(&[Definition { name: "default".into(), ..a.clone() }]).contains("default"));
        let many =
            |count: usize| (0..count).map(|n| definition(&format!("k{n}"))).collect::<Vec<_>>();
        assert!(check_keyspaces(&many(KEYSPACES_MAX)).is_ok());
        assert!(refused(&many(KEYSPACES_MAX + 1)).contains("257 keyspaces"));
    }
}
