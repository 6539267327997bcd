//! The state as it was when a count began, while keys come, go and die.

use super::State;
use crate::counting::{Past, Watch};
use crate::store::Cursor;

impl State {
    /// Whether a key was there when a count began, as far as its record says.
    pub(super) fn was_there(&self, key: &[u8]) -> bool {
        self.values.get(key).is_some_and(|record| !record.is_dead(self.counted_ms))
    }
}

impl Past for State {
    fn begin(&mut self) {
        self.counted_ms = self.time_ms;
        self.watch.begin();
    }

    fn end(&mut self) {
        self.watch.end();
        self.flushed.extend(self.counted.take());
    }

    fn watch(&self) -> &Watch {
        &self.watch
    }

    fn holds(&self, key: &[u8]) -> bool {
        let values = self.counted.as_ref().unwrap_or(&self.values);
        values.get(key).is_some_and(|record| !record.is_dead(self.counted_ms))
    }

    fn walk_held(&self, from: Cursor, most: usize, each: &mut dyn FnMut(&[u8])) -> Option<Cursor> {
        let values = self.counted.as_ref().unwrap_or(&self.values);
        values.walk(from, most, &mut |key, record| {
            if !record.is_dead(self.counted_ms) {
                each(key);
            }
            true
        })
    }
}
