//! Which keyspaces there are, and whether a write may run under the one that it names.

use super::State;
use crate::api::Order;
use crate::commands::{Answer, Write};
use crate::ids::KeyspaceId;
use crate::keyspace::table::Table;
use crate::keyspace::{CHANGED_HANDS, REMOVES_ALL};
use crate::reply::{Error, Reply};
use crate::wire::codec::Malformed;

impl State {
    /// The table of keyspaces.
    pub(crate) fn keyspaces(&self) -> &Table {
        &self.keyspaces
    }

    /// Takes in the table of a snapshot.
    pub(crate) fn load_keyspaces(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        self.keyspaces = Table::decode(bytes)?;
        Ok(())
    }

    /// Refuses a write that does not name the keyspace which has its keys here: it was sent before
    /// they changed hands.
    #[inline]
    pub(super) fn refuses(&self, write: &Write<'_>) -> Option<Answer> {
        let is_plain = write.keyspace() == KeyspaceId::DEFAULT && self.keyspaces.is_plain();
        if is_plain || write.is_of_system() || mutant!(NotResolvedAgain, false, true) {
            return None;
        }
        self.refuses_beside_others(write)
    }

    #[cold]
    fn refuses_beside_others(&self, write: &Write<'_>) -> Option<Answer> {
        let keyspace = write.keyspace();
        if write.removes_all() && self.keyspaces.has(Order::Agreed) {
            return Some(refusal(Error::CrossKeyspace(REMOVES_ALL.into())));
        }
        let mut keys = write.all_keys().peekable();
        let takes = match keys.peek() {
            None => keyspace == KeyspaceId::DEFAULT,
            Some(_) => keys.all(|key| self.keyspaces.takes(keyspace, key)),
        };
        (!takes).then(|| refusal(Error::TryAgain(CHANGED_HANDS)))
    }
}

fn refusal(error: Error) -> Answer {
    Answer::blindly(Reply::Error(error))
}
