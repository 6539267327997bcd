//! Room for records of a few bytes each, many to a page.
//!
//! A general allocator spends eight to sixteen bytes on each piece of memory and on what points to
//! it. Here pieces of one size lie side by side in a page, and a handle of four bytes names the
//! page and the place in it. Pages are given back once nothing is in them; and where many are
//! nearly empty, [`Slabs::next_to_move`] says what to move so that they become so. The first page
//! that has room is filled and the last one is emptied: what was made at one time lies together,
//! and the allocator gives nothing back to the system but many pages at once.
//!
//! Pages are lists of bytes, so a record is read and written without `unsafe`.

mod page;
mod sizes;

use std::collections::BTreeSet;

use super::numbered::Numbered;
pub(super) use page::FREE;
use page::Page;
use sizes::{PLACES_MAX, Size};

/// Names a record: 1 bit for whether it shares a page, and then 20 for the page and 11 for the
/// place in it, or 31 for its number. Its alignment of two bytes lets it lie beside others without
/// a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handle([u16; 2]);

/// Where a record lies.
enum Where {
    /// In a page, at a place in it.
    Shared(usize, usize),
    /// By itself, under a number.
    Alone(u32),
}

/// The bits of a place.
const PLACE_BITS: u32 = PLACES_MAX.trailing_zeros();
/// The bit that says that a record is alone.
const ALONE: u32 = 1 << 31;
/// How many pages there may be, of 128 KiB each where records have 64 bytes and more.
const PAGES_MAX: usize = (ALONE >> PLACE_BITS) as usize;

impl Handle {
    fn of_number(number: u32) -> Handle {
        Handle([number as u16, (number >> 16) as u16])
    }

    fn shared(page: usize, place: usize) -> Handle {
        assert!(page < PAGES_MAX, "a store has no more than {PAGES_MAX} pages");
        Handle::of_number((page as u32) << PLACE_BITS | place as u32)
    }

    fn alone(number: u32) -> Handle {
        assert!(number < ALONE, "memory ends before numbers do");
        Handle::of_number(ALONE | number)
    }

    fn place(self) -> Where {
        let number = u32::from(self.0[1]) << 16 | u32::from(self.0[0]);
        match number & ALONE {
            0 => Where::Shared((number >> PLACE_BITS) as usize, number as usize % PLACES_MAX),
            _ => Where::Alone(number & !ALONE),
        }
    }
}

/// The pages of one size.
#[derive(Debug, Default)]
struct Class {
    /// Those that have free room and may be given more: the first one is.
    open: BTreeSet<u32>,
    /// How many rooms one has, and all of them.
    places: usize,
    rooms: usize,
    /// How many rooms are taken.
    used: usize,
    /// One that is being emptied, and how far: it is given nothing more.
    emptied: Option<(u32, usize)>,
}

impl Class {
    /// Whether more than a fourth of its room is free, and more than a page.
    fn is_sparse(&self) -> bool {
        let free = self.rooms - self.used;
        free > self.places && free * 4 > self.rooms
    }
}

/// Rooms of all sizes.
///
/// - A page is in `open` of its class if it has free room and is not `emptied`.
/// - The numbers of pages that were given back are in `vacant`.
#[derive(Debug, Default)]
pub(super) struct Slabs {
    pages: Vec<Page>,
    vacant: BTreeSet<u32>,
    classes: Vec<Class>,
    /// Records that are too long to share a page.
    alone: Numbered<Box<[u8]>>,
}

impl Slabs {
    /// How many pages there are, and records by themselves.
    #[cfg(test)]
    pub(super) fn page_count(&self) -> usize {
        self.pages.len() - self.vacant.len() + self.alone.count()
    }

    /// The room of a record, which may be a little longer than the record.
    pub(super) fn room(&self, handle: Handle) -> &[u8] {
        match handle.place() {
            Where::Shared(page, place) => self.pages[page].room(place),
            Where::Alone(number) => self.alone.get(number),
        }
    }

    /// Finds room for a record.
    pub(super) fn insert(&mut self, record: &[u8]) -> Handle {
        let Some(size) = Size::of(record.len()) else {
            return Handle::alone(self.alone.insert(record.into()));
        };
        let number = self.open_page(size);
        let page = &mut self.pages[number];
        let place = page.take();
        page.fill(place, record);
        let is_full = page.is_full();
        let class = self.class(size);
        class.used += 1;
        if is_full {
            class.open.remove(&(number as u32));
        }
        Handle::shared(number, place)
    }

    /// Writes a record over the one in this room; false: it needs a room of another size.
    pub(super) fn overwrite(&mut self, handle: Handle, record: &[u8]) -> bool {
        let size = Size::of(record.len());
        match handle.place() {
            Where::Shared(page, place) if size == Some(self.pages[page].size()) => {
                self.pages[page].fill(place, record);
                true
            }
            Where::Alone(number) if size.is_none() => {
                self.alone.set(number, record.into());
                true
            }
            Where::Shared(..) | Where::Alone(_) => false,
        }
    }

    /// Gives a room back.
    pub(super) fn free(&mut self, handle: Handle) {
        let (number, place) = match handle.place() {
            Where::Shared(page, place) => (page, place),
            Where::Alone(number) => return self.alone.remove(number),
        };
        let page = &mut self.pages[number];
        page.give_back(place);
        let (size, is_empty) = (page.size(), page.is_empty());
        let class = self.class(size);
        class.used -= 1;
        if is_empty {
            self.drop_page(number);
        } else if class.emptied.is_none_or(|(page, _)| page as usize != number) {
            class.open.insert(number as u32);
        }
    }

    /// A record whose room is to be given back, since too much of this size is free.
    pub(super) fn next_to_move(&mut self, bytes: usize) -> Option<Handle> {
        let size = Size::of(bytes)?;
        let class = self.class(size);
        if !class.is_sparse() {
            let emptied = class.emptied.take();
            class.open.extend(emptied.map(|(page, _)| page));
            return None;
        }
        let (number, from) = match class.emptied {
            Some(emptied) => emptied,
            None => (class.open.pop_last()?, 0),
        };
        let place = self.pages[number as usize].first_taken(from);
        let place = place.expect("a page in which nothing is is given back");
        self.class(size).emptied = Some((number, place));
        Some(Handle::shared(number as usize, place))
    }

    /// Gives back some records, which nothing refers to any more: how many. `None`: there are none.
    pub(super) fn drop_some(&mut self) -> Option<usize> {
        let page = self.pages.pop().map(|page| page.used());
        page.or_else(|| self.alone.drop_one().then_some(1))
    }

    fn class(&mut self, size: Size) -> &mut Class {
        let class = size.class();
        if self.classes.len() <= class {
            self.classes.resize_with(class + 1, Class::default);
        }
        &mut self.classes[class]
    }

    /// A page with free room of this size.
    fn open_page(&mut self, size: Size) -> usize {
        let class = self.class(size);
        let open = class.open.first().copied();
        let number = match open.or_else(|| class.emptied.take().map(|(page, _)| page)) {
            Some(number) => number,
            None => self.new_page(size),
        };
        if open.is_none() {
            self.class(size).open.insert(number);
        }
        number as usize
    }

    fn new_page(&mut self, size: Size) -> u32 {
        let class = self.class(size);
        class.places = size.places();
        class.rooms += class.places;
        let page = Page::new(size, class.rooms > class.places);
        match self.vacant.pop_first() {
            Some(number) => {
                self.pages[number as usize] = page;
                number
            }
            None => {
                self.pages.push(page);
                self.pages.len() as u32 - 1
            }
        }
    }

    /// Gives back the memory of a page in which nothing is.
    fn drop_page(&mut self, number: usize) {
        let size = std::mem::take(&mut self.pages[number]).size();
        let class = self.class(size);
        class.rooms -= class.places;
        class.open.remove(&(number as u32));
        class.emptied.take_if(|(page, _)| *page as usize == number);
        self.vacant.insert(number as u32);
        while self.pages.len().checked_sub(1).is_some_and(|last| self.vacant.remove(&(last as u32)))
        {
            self.pages.pop();
        }
    }
}

#[cfg(test)]
mod tests;
