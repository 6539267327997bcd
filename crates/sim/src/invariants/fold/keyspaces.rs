//! Keyspaces in the fold of the log: which of them has a key at each place, by code that shares
//! nothing with the node's.

use node::{AgreedPosition, Command};

/// The keyspaces beside `default`, as far as the log is folded.
#[derive(Debug, Default)]
pub(super) struct Keyspaces {
    all: Vec<Keyspace>,
    /// How many there ever were.
    given: u32,
    /// Where which prefix changed hands, or was about to and did not.
    carved: Vec<(AgreedPosition, Vec<u8>)>,
}

#[derive(Debug)]
struct Keyspace {
    id: u32,
    name: String,
    prefix: Vec<u8>,
    /// The entry that began to carve it out, or to drop it, if that goes on.
    reserved: Option<u64>,
    dropping: Option<u64>,
}

impl Keyspace {
    fn is_open(&self) -> bool {
        self.reserved.is_none() && self.dropping.is_none()
    }
}

/// The keyspaces of the system, and the first that can be created.
const SYSTEM: u32 = 0;
const DEFAULT: u32 = 1;
const FIRST: u32 = 2;

impl Keyspaces {
    /// Folds in a command about keyspaces that stands there. False: it is none.
    pub(super) fn change(&mut self, at: AgreedPosition, keyspace: u32, command: &Command) -> bool {
        if keyspace != SYSTEM {
            return false;
        }
        let is_free = self.all.iter().all(Keyspace::is_open);
        let arguments = command.arguments();
        let text = |place: usize| String::from_utf8_lossy(arguments[place]).into_owned();
        match command.name() {
            "create" => {
                let wanted = command.keyspace_wanted().expect("it says what it wants");
                let (name, prefix) = (wanted.name, wanted.prefix);
                let is_new = self.all.iter().all(|one| one.name != name && one.prefix != prefix);
                if is_free && is_new {
                    let id = FIRST + self.given;
                    self.given += 1;
                    let (reserved, dropping) = (Some(at.index.0), None);
                    self.all.push(Keyspace { id, name, prefix, reserved, dropping });
                }
            }
            "drop" => {
                let name = text(0);
                let one = self.all.iter_mut().find(|one| is_free && one.name == name);
                one.into_iter().for_each(|one| one.dropping = Some(at.index.0));
            }
            "open" => self.end(at, &text(0), |one| one.dropping),
            // What reads may ask for is nothing that the state holds.
            "alter" => {}
            "giveup" => self.end(at, &text(0), |one| one.reserved),
            _ => return false,
        }
        true
    }

    /// Ends the attempt that began there: with it goes the keyspace, if this says that it was begun
    /// there.
    fn end(&mut self, at: AgreedPosition, attempt: &str, goes: fn(&Keyspace) -> Option<u64>) {
        let attempt: Option<u64> = attempt.parse().ok();
        let ends = |one: &&Keyspace| attempt.is_some() && one.reserved.or(one.dropping) == attempt;
        let prefixes = self.all.iter().filter(ends).map(|one| (at, one.prefix.clone()));
        self.carved.extend(prefixes);
        self.all.retain(|one| goes(one).is_none() || goes(one) != attempt);
        for one in &mut self.all {
            one.reserved = one.reserved.filter(|index| Some(*index) != attempt);
            one.dropping = one.dropping.filter(|index| Some(*index) != attempt);
        }
    }

    /// Whether a prefix of this key has changed hands between these places: what is not in the log
    /// may have come and gone.
    pub(super) fn has_changed_hands(
        &self,
        key: &[u8],
        from: AgreedPosition,
        to: AgreedPosition,
    ) -> bool {
        let is_between = |at: AgreedPosition| from < at && at < to;
        self.carved.iter().any(|(at, prefix)| is_between(*at) && key.starts_with(prefix))
    }

    /// Whether a write is refused that names this keyspace, since others have one of its keys, or
    /// nobody.
    pub(super) fn refuses(&self, keyspace: u32, command: &Command) -> bool {
        let takes = |key: &[u8]| {
            let fit = self.all.iter().filter(|one| key.starts_with(&one.prefix));
            match fit.max_by_key(|one| one.prefix.len()) {
                None => keyspace == DEFAULT,
                Some(one) => one.id == keyspace && one.is_open(),
            }
        };
        keyspace != SYSTEM && !command.named_keys().into_iter().all(takes)
    }
}
