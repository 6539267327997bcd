//! What was refused never shows up: a refusal says that the write did not and will not run.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::invariant::Invariant;
use crate::record::operation::{Operation, Outcome};

/// Values that only one write carries: refused ones, and seen ones.
#[derive(Debug, Default)]
pub(crate) struct Gone {
    refused: BTreeMap<Bytes, String>,
    seen: BTreeSet<Bytes>,
}

impl Invariant for Gone {
    fn name(&self) -> &'static str {
        "refused is gone"
    }

    fn on_outcome(&mut self, operation: &Operation) -> Result<(), String> {
        if let Some(Some(value)) = operation.seen() {
            self.seen.insert(value.clone());
            if let Some(refused) = self.refused.get(value) {
                return Err(format!("{} saw what was refused: {refused}", operation.describe()));
            }
        }
        let (Outcome::Refused(_), Some(value)) =
            (&operation.outcome, operation.written().flatten())
        else {
            return Ok(());
        };
        if !operation.unique {
            return Ok(());
        }
        if self.seen.contains(value) {
            return Err(format!("{} was refused after it had been seen", operation.describe()));
        }
        self.refused.insert(value.clone(), operation.describe());
        Ok(())
    }
}
