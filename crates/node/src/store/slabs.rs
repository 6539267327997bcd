//! Room for records of a few bytes each, many to a page.
//!
//! A general allocator spends eight to sixteen bytes on each piece of memory and on what points to
//! it. Here pieces of one size lie side by side in a page, and a handle of four bytes names the
//! page and the place in it. Pages are given back once nothing is in them; and where many are
//! nearly empty, [`Slabs::next_to_move`] says what to move so that they become so.
//!
//! Pages are lists of bytes, so a record is read and written without `unsafe`.

mod page;
mod sizes;

use super::numbered::Numbered;
pub(super) use page::FREE;
use page::{PLACES_MAX, Page};
use sizes::Size;

/// Names a record: 1 bit for whether it shares a page, and then 16 for the page and 15 for the place
/// in it, or 31 for its number. Its alignment of two bytes lets it lie beside others without a gap.
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
/// How many pages there may be, of 1 MiB each where records have more than 32 bytes.
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
    /// Those that have free room and may be given more.
    open: Vec<u32>,
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
/// - A page is in `open` of its class if it has free room and is not `emptied`; `Page::listed` says
///   where.
/// - The numbers of pages that were given back are in `vacant`.
#[derive(Debug, Default)]
pub(super) struct Slabs {
    pages: Vec<Page>,
    vacant: Vec<u32>,
    classes: Vec<Class>,
    /// Records that are too long to share a page.
    alone: Numbered<Box<[u8]>>,
}

/// Among so many pages the emptiest is looked for.
const LOOKED_AT: usize = 8;

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
        self.class(size).used += 1;
        if is_full {
            self.unlist(number);
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
        let (size, is_empty, is_listed) = (page.size(), page.is_empty(), page.listed.is_some());
        let class = self.class(size);
        class.used -= 1;
        let is_emptied = class.emptied.is_some_and(|(page, _)| page as usize == number);
        if is_empty {
            self.drop_page(number);
        } else if !is_listed && !is_emptied {
            self.list(number);
        }
    }

    /// A record whose room is to be given back, since too much of this size is free.
    pub(super) fn next_to_move(&mut self, bytes: usize) -> Option<Handle> {
        let size = Size::of(bytes)?;
        if !self.class(size).is_sparse() {
            if let Some((number, _)) = self.class(size).emptied.take() {
                self.list(number as usize);
            }
            return None;
        }
        let (number, from) = match self.class(size).emptied {
            Some(emptied) => emptied,
            None => (self.emptiest(size)?, 0),
        };
        let place = self.pages[number as usize].first_taken(from);
        let place = place.expect("a page in which nothing is is given back");
        self.class(size).emptied = Some((number, place));
        Some(Handle::shared(number as usize, place))
    }

    /// Takes the emptiest of a few pages off its list.
    fn emptiest(&mut self, size: Size) -> Option<u32> {
        let class = &self.classes[size.class()];
        let step = (class.open.len() / LOOKED_AT).max(1);
        let some = class.open.iter().step_by(step);
        let number = *some.min_by_key(|number| self.pages[**number as usize].used())?;
        self.unlist(number as usize);
        Some(number)
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
        if let Some(number) = class.open.last() {
            return *number as usize;
        }
        let number = match class.emptied.take() {
            Some((number, _)) => number as usize,
            None => self.new_page(size),
        };
        self.list(number);
        number
    }

    fn new_page(&mut self, size: Size) -> usize {
        let class = self.class(size);
        class.places = size.places();
        class.rooms += class.places;
        let page = Page::new(size, class.rooms > class.places);
        match self.vacant.pop() {
            Some(number) => {
                self.pages[number as usize] = page;
                number as usize
            }
            None => {
                self.pages.push(page);
                self.pages.len() - 1
            }
        }
    }

    /// Gives back the memory of a page in which nothing is.
    fn drop_page(&mut self, number: usize) {
        if self.pages[number].listed.is_some() {
            self.unlist(number);
        }
        let size = std::mem::take(&mut self.pages[number]).size();
        let class = self.class(size);
        class.rooms -= class.places;
        class.emptied.take_if(|(page, _)| *page as usize == number);
        self.vacant.push(number as u32);
        if self.vacant.len() == self.pages.len() {
            (self.vacant, self.pages) = (vec![], vec![]);
        }
    }

    fn list(&mut self, number: usize) {
        let class = &mut self.classes[self.pages[number].size().class()];
        self.pages[number].listed = Some(class.open.len() as u32);
        class.open.push(number as u32);
    }

    fn unlist(&mut self, number: usize) {
        let class = &mut self.classes[self.pages[number].size().class()];
        let at = self.pages[number].listed.take().expect("it is on the list");
        class.open.swap_remove(at as usize);
        if let Some(moved) = class.open.get(at as usize) {
            self.pages[*moved as usize].listed = Some(at);
        }
    }
}

#[cfg(test)]
mod tests;
