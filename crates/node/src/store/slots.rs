//! The slots, each with its keys.

use super::keys::Keys;
use super::slot;

/// How many slots a page has.
pub(super) const PAGE_SLOTS: usize = 64;

/// All slots, in pages. A page is made when its first key comes: a node that holds little is quick
/// to start, which a simulator does thousands of times a minute.
pub(super) struct Slots {
    pages: Vec<Option<Box<[Keys]>>>,
}

impl Slots {
    pub(super) fn new() -> Slots {
        Slots { pages: (0..slot::COUNT / PAGE_SLOTS).map(|_| None).collect() }
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Keys> {
        self.pages.get(slot / PAGE_SLOTS)?.as_ref().map(|page| &page[slot % PAGE_SLOTS])
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> &mut Keys {
        let page = self.pages[slot / PAGE_SLOTS]
            .get_or_insert_with(|| (0..PAGE_SLOTS).map(|_| Keys::new()).collect());
        &mut page[slot % PAGE_SLOTS]
    }

    /// Forgets some keys: how many. `None`: there are no more.
    pub(super) fn drop_some(&mut self) -> Option<usize> {
        while let Some(page) = self.pages.last_mut() {
            if let Some(keys) = page.iter_mut().flatten().find(|keys| !keys.is_empty()) {
                return Some(keys.drop_some());
            }
            self.pages.pop();
        }
        None
    }
}
