//! Writes of the clients of this replica for which there is no memory.
//!
//! Each replica has a limit of its own, and only the one that is asked for a write refuses it: what
//! another one took is merged, whatever it counts. Removals go on, since they make room. But where
//! a key is not known here a removal leaves a record and frees nothing, so beyond the limit one
//! that would leave more than it frees is refused as well: else removals alone could fill any
//! memory.

use std::collections::BTreeSet;
use std::slice;

use super::Merged;
use crate::commands::Command;
use crate::store::RECORD_BYTES;

impl Merged {
    /// What the records count, those of removed keys included.
    pub(crate) fn memory(&self) -> u64 {
        self.state.bytes()
    }

    /// Whether there is no memory for what a write may need.
    pub(crate) fn is_too_much(&self, command: &Command) -> bool {
        let max = self.limits.max_memory_merged;
        let waiting = || (self.gathered_bytes + self.overlay.bytes()) as u64;
        let is_full = max > 0 && self.state.bytes() + waiting() > max;
        is_full && (command.grows() || self.leaves_more(command))
    }

    /// Whether a removal leaves more than it frees.
    fn leaves_more(&self, command: &Command) -> bool {
        let (mut left, mut freed) = (0, 0);
        let listed = command.listed();
        let all = if command.is_list() { &listed[..] } else { slice::from_ref(command) };
        let removals = all.iter().filter(|command| command.is_write());
        // Each counts once, however often it is named.
        for key in removals.flat_map(Command::keys).collect::<BTreeSet<_>>() {
            let shown = self.overlay.value(key);
            let shown = shown.map(|value| Some(value.map(|value| value.len())));
            match shown.unwrap_or_else(|| self.state.length(key)) {
                None => left += key.len() as u64 + RECORD_BYTES,
                Some(value_bytes) => freed += value_bytes.unwrap_or(0) as u64,
            }
        }
        mutant!(RemovalsWithoutEnd, left > freed, false)
    }
}
