//! Commands that run once, in the fold of the log: which ids have run, and where.
//!
//! An id runs at the first place where it stands in the log, if it is neither too old nor ahead by
//! then and there is memory; all other places repeat that answer, at that place.

use std::collections::BTreeMap;

use node::{AgreedPosition, Command, OnceId, OnceLimits, Reply};

use super::SameFold;
use crate::record::describe;
use crate::record::operation::{Operation, Outcome};

/// So many that are too old are forgotten with each write.
const FORGOTTEN_MAX: usize = 4;
/// What an id counts beside its random part, the length before that, and values in its answer.
const ID_BYTES: u64 = 160;

/// The ids that have run.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Those that are kept, with what they count.
    kept: BTreeMap<OnceId, u64>,
    /// Where each of all ran, and what.
    ran: BTreeMap<OnceId, (AgreedPosition, Command)>,
}

/// What each item of an array counts beside its values.
pub(super) const ITEM_BYTES: u64 = 64;

/// What the values in an answer, and the items of arrays, count.
pub(super) fn values_bytes(reply: &Reply) -> u64 {
    match reply {
        Reply::Value(value) => value.len() as u64,
        Reply::Array(all) => all.iter().map(|one| ITEM_BYTES + values_bytes(one)).sum(),
        _ => 0,
    }
}

impl SameFold {
    /// A write runs at this time: a few ids that are too old are forgotten.
    pub(super) fn forget_old_ids(&mut self, now_ms: u64) {
        for _ in 0..FORGOTTEN_MAX {
            let is_old = |id: &OnceId| id.ms + OnceLimits::DEFAULT.retention_ms < now_ms;
            match self.once.kept.first_key_value() {
                Some((id, counted)) if is_old(id) => {
                    self.memory.forget(*counted);
                    self.once.kept.pop_first();
                }
                _ => return,
            }
        }
    }

    /// Whether a command that is to run once runs whose answer would stand there.
    pub(super) fn runs_once(&mut self, id: &OnceId, at: AgreedPosition, now_ms: u64) -> bool {
        let OnceLimits { retention_ms, ahead_ms, .. } = OnceLimits::DEFAULT;
        let is_old = id.ms + retention_ms < now_ms;
        if is_old || self.once.kept.contains_key(id) || id.ms > now_ms + ahead_ms {
            return false;
        }
        !self.memory.refuses_all(at)
    }

    /// It ran, and values of so many bytes were answered.
    pub(super) fn ran_once(&mut self, id: OnceId, at: AgreedPosition, ran: Command, bytes: u64) {
        let counted = ID_BYTES + 1 + id.random.len() as u64 + bytes;
        self.memory.remember(counted);
        self.once.kept.insert(id.clone(), counted);
        self.once.ran.insert(id, (at, ran));
    }

    /// Whether an answer to a command that is to run once is that of the place where it ran.
    pub(super) fn once_right(
        &self,
        operation: &Operation,
        position: Option<AgreedPosition>,
    ) -> Result<(), String> {
        let (Some(id), Outcome::Done(_)) = (&operation.once, &operation.outcome) else {
            return Ok(());
        };
        let id = OnceId::parse(id).expect("clients of a world say ids");
        let asked = operation.describe();
        let Some((at, ran)) = self.once.ran.get(&id) else {
            return Err(format!("{asked} was done, and the log says that it never ran"));
        };
        if *ran != operation.action.command(&operation.key) {
            return Err(format!("{asked} was done, and its id ran another command"));
        }
        match position.filter(|position| position != at) {
            None => Ok(()),
            Some(position) => {
                let (there, at) = (describe::agreed(position), describe::agreed(*at));
                Err(format!("{asked} was answered at {there}, and it ran at {at}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use node::{Certificate, Index};

    use super::*;
    use crate::invariants::example::operation;
    use crate::record::operation::Action;

    fn at(index: u64) -> AgreedPosition {
        AgreedPosition { index: Index(index), offset: 0 }
    }

    #[test]
    fn an_answer_elsewhere_than_where_it_ran_is_seen() {
        let mut fold = SameFold::default();
        let id = OnceId::parse(b"5000-a").unwrap();
        assert!(fold.runs_once(&id, at(1), 5_000));
        let action = Action::Set(Bytes::from("v"));
        fold.ran_once(id.clone(), at(1), action.command(&Bytes::from("k")), 0);
        assert!(!fold.runs_once(&id, at(2), 6_000), "it has run");
        let other = OnceId::parse(b"5000-b").unwrap();
        assert!(!fold.runs_once(&other, at(3), 4_000), "it is ahead");
        assert!(!fold.runs_once(&other, at(3), 605_001), "it is too old");
        let right = |once: &'static str, index| {
            let certificate = Certificate::Agreed { position: at(index), by: None };
            let mut asked = operation(1, action.clone(), Reply::Ok, (0, 1), certificate);
            asked.once = Some(Bytes::from(once));
            fold.once_right(&asked, Some(at(index)))
        };
        assert_eq!(right("5000-a", 1), Ok(()));
        assert!(right("5000-a", 2).unwrap_err().contains("and it ran at entry 1"));
        assert!(right("5000-b", 1).unwrap_err().contains("never ran"));
        assert_eq!(fold.memory.bytes(), 160 + 2);
        fold.forget_old_ids(605_001);
        assert_eq!(fold.memory.bytes(), 0);
    }
}
