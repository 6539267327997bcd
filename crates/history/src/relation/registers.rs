//! Keys that are appended to, where the texts that somebody saw tell which append made which: then
//! an append is a compare-and-set from one text to a longer one, and all that is known of registers
//! holds of such a key.
//!
//! A text was made by an append if nobody wrote it as a whole and one append alone puts there what
//! it ends with. What that append found is the text without its end, which so was seen, too. What
//! other appends left, nobody saw: they might as well have written something of their own.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::budget::{Meter, effort};
use crate::model::operation::Kind;
use crate::model::view::View;

/// What texts tell of a view.
pub(crate) enum Told<'h> {
    /// The same view without operations whose effect only a model knows.
    Registers(View<'h>),
    /// These operations, all of one key, have no legal order: one append would have made two texts.
    Never(Vec<u32>),
    /// It is not plain what the appends saw, or the budget does not allow to find out.
    Nothing,
}

/// Tells what the appends of a view saw and made.
pub(crate) fn as_registers<'h>(view: &View<'h>, meter: &mut Meter) -> Told<'h> {
    let mut plain = view.clone();
    for (key, ops) in view.by_key().into_iter().enumerate() {
        if !view.has_updates[key] {
            continue;
        }
        match Texts::new(view, &ops).and_then(|texts| texts.tell(&mut plain, &ops, meter)) {
            Some(true) => plain.has_updates[key] = false,
            Some(false) => return Told::Never(ops),
            None => return Told::Nothing,
        }
    }
    Told::Registers(plain)
}

/// The texts of one key.
#[derive(Default)]
struct Texts<'h> {
    key: u32,
    /// The cell of each text.
    cells: HashMap<&'h str, u32>,
    /// The texts that somebody wrote as a whole, or that were there at the beginning.
    wholes: HashSet<&'h str>,
    /// The cells of nothing and of the empty text, as far as somebody made them.
    empty: BTreeSet<u32>,
    /// The appends of each end, and how long ends are.
    ends: HashMap<&'h str, Vec<u32>>,
    lengths: BTreeSet<usize>,
    /// The texts that somebody saw.
    seen: HashSet<&'h str>,
}

/// Who made a text.
enum Maker {
    /// Nobody, or those that wrote it as a whole.
    Whole,
    /// This append.
    Append(u32),
    /// One of several, by an append.
    Several,
}

impl<'h> Texts<'h> {
    /// `None` if some operation is neither about texts as a whole nor an append, or the absence of
    /// a text is a reason, too.
    fn new(view: &View<'h>, ops: &[u32]) -> Option<Texts<'h>> {
        let key = view.ops[*ops.first()? as usize].key;
        let mut texts = Texts { key, ..Texts::default() };
        texts.made(view.history.initial.as_deref(), view.initial[key as usize]);
        for &id in ops {
            let op = &view.ops[id as usize];
            match &view.operation(id).kind {
                // Of what may not have run nobody knows whether it saw a text.
                _ if op.differs || op.optional && op.observes() => return None,
                Kind::Incr { .. } | Kind::Transaction { .. } => return None,
                Kind::Append { value } if value.is_empty() => return None,
                Kind::Append { value } => {
                    texts.ends.entry(value).or_default().push(id);
                    texts.lengths.insert(value.len());
                }
                Kind::Read { value, .. } => texts.saw(value.as_deref(), op.sees),
                Kind::Write { value } => texts.made(value.as_deref(), op.makes),
                Kind::Cas { from, to, .. } => {
                    texts.saw(from.as_deref(), op.sees);
                    texts.made(to.as_deref(), op.makes);
                }
            }
        }
        Some(texts)
    }

    fn made(&mut self, text: Option<&'h str>, cell: u32) {
        match text {
            None | Some("") => drop(self.empty.insert(cell)),
            Some(text) => {
                self.wholes.insert(text);
                self.cells.insert(text, cell);
            }
        }
    }

    fn saw(&mut self, text: Option<&'h str>, cell: u32) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.cells.insert(text, cell);
            self.seen.insert(text);
        }
    }

    /// Says in `plain` what each append found and made; whether each made one text at most.
    fn tell(mut self, plain: &mut View<'h>, ops: &[u32], meter: &mut Meter) -> Option<bool> {
        let mut made: HashMap<u32, &str> = HashMap::new();
        let mut todo: Vec<&str> = self.seen.iter().copied().collect();
        while let Some(text) = todo.pop() {
            // Hashing a text is to look at all of it.
            effort::spend(text.len());
            if !meter.steps(text.len()) {
                return None;
            }
            let id = match self.maker(text) {
                Maker::Whole => continue,
                Maker::Append(id) => id,
                Maker::Several => return None,
            };
            if made.insert(id, text).is_some_and(|other| other != text) {
                return Some(false);
            }
            let end = plain.operation(id).appended()?.len();
            let found = &text[..text.len() - end];
            plain.ops[id as usize].makes = self.cell(text, plain);
            plain.ops[id as usize].sees = match found {
                "" if self.empty.len() > 1 => return None,
                "" => *self.empty.first()?,
                found => self.cell(found, plain),
            };
            if !found.is_empty() && self.seen.insert(found) {
                todo.push(found);
            }
        }
        for &id in ops {
            if plain.operation(id).appended().is_some() && !made.contains_key(&id) {
                plain.ops[id as usize].makes = self.new_cell(plain);
            }
        }
        Some(true)
    }

    fn maker(&self, text: &str) -> Maker {
        let is_whole = self.wholes.contains(text);
        let ends = self.lengths.range(..=text.len());
        let ends = ends.filter_map(|&length| text.get(text.len() - length..));
        let mut appends = ends.filter_map(|end| self.ends.get(end)).flatten();
        match (is_whole, appends.next(), appends.next()) {
            (_, None, _) => Maker::Whole,
            (false, Some(&id), None) => Maker::Append(id),
            _ => Maker::Several,
        }
    }

    fn cell(&mut self, text: &'h str, plain: &mut View<'h>) -> u32 {
        if let Some(&cell) = self.cells.get(text) {
            return cell;
        }
        let cell = self.new_cell(plain);
        self.cells.insert(text, cell);
        cell
    }

    fn new_cell(&self, plain: &mut View<'h>) -> u32 {
        plain.cell_keys.push(self.key);
        plain.cell_keys.len() as u32 - 1
    }
}
