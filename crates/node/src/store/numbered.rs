//! Things that have memory of their own each, by their numbers.

/// Things by number.
///
/// - A number in `free` names none.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    things: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered { things: vec![], free: vec![] }
    }
}

impl<T: Default> Numbered<T> {
    pub(super) fn get(&self, number: u32) -> &T {
        &self.things[number as usize]
    }

    /// Keeps a thing: its number.
    pub(super) fn insert(&mut self, thing: T) -> u32 {
        match self.free.pop() {
            Some(number) => {
                self.set(number, thing);
                number
            }
            None => {
                self.things.push(thing);
                u32::try_from(self.things.len() - 1).expect("memory ends before numbers do")
            }
        }
    }

    /// Keeps another thing under this number.
    pub(super) fn set(&mut self, number: u32, thing: T) {
        self.things[number as usize] = thing;
    }

    pub(super) fn remove(&mut self, number: u32) {
        self.set(number, T::default());
        self.free.push(number);
        if self.free.len() == self.things.len() {
            *self = Numbered::default();
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.things.len() - self.free.len()
    }

    /// Lets one go that nothing refers to any more; false: there is none.
    pub(super) fn drop_one(&mut self) -> bool {
        self.things.pop().is_some()
    }
}
