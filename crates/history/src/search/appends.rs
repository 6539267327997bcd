//! Keys whose operations leave what depends on what they find: appends and increments. They are
//! judged by the search for models.
//!
//! Of a text that is built by appending only one thing matters: which of the texts that somebody
//! saw begin with it. So a state is a beginning of texts that were seen, kept as a range of their
//! sorted list and a length; what none of them begins with is *lost*, and all lost texts are alike.
//! Where a key is also incremented, its texts are numbers, and are kept as they are.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::budget::Meter;
use crate::model::operation::{Kind, Operation, Value};
use crate::model::view::{NEVER, View};
use crate::search::found::Found;
use crate::search::model::{Event, Model};
use crate::search::modelled::search;

/// Looks for a legal order of everything in the view, whatever its keys hold.
pub(crate) fn search_appends(view: &View<'_>, real_time: bool, meter: &mut Meter) -> Found {
    let event = |id: usize| {
        let op = &view.ops[id];
        let end = Some(op.end).filter(|&end| end != NEVER);
        Event { client: u64::from(op.client), start: op.start, end, operation: id as u32 }
    };
    let events: Vec<Event<u32>> = (0..view.ops.len()).map(event).collect();
    let all: Vec<usize> = (0..events.len()).collect();
    let keys = Keys::new(view);
    if view.initial.len() == 1 {
        search(&OneKey(keys), &events, &all, real_time, meter)
    } else {
        search(&AllKeys(keys), &events, &all, real_time, meter)
    }
}

/// All keys; a state is a text's number for each.
struct Keys<'v, 'h> {
    view: &'v View<'h>,
    texts: Vec<RefCell<Texts<'h>>>,
}

/// One key alone; the state is the number of its text.
struct OneKey<'v, 'h>(Keys<'v, 'h>);

/// All keys together.
struct AllKeys<'v, 'h>(Keys<'v, 'h>);

impl<'v, 'h> Keys<'v, 'h> {
    fn new(view: &'v View<'h>) -> Keys<'v, 'h> {
        let keys = view.by_key();
        let texts = keys.iter().map(|ops| RefCell::new(Texts::new(view, ops))).collect();
        Keys { view, texts }
    }

    fn init(&self, key: usize) -> u32 {
        self.texts[key].borrow_mut().number(&self.view.history.initial)
    }

    fn key(&self, id: u32) -> usize {
        self.view.ops[id as usize].key as usize
    }

    fn step(&self, held: u32, id: u32) -> Option<u32> {
        let differs = self.view.ops[id as usize].differs;
        self.texts[self.key(id)].borrow_mut().step(held, self.view.operation(id), differs)
    }

    fn is_look(&self, id: u32) -> bool {
        self.view.ops[id as usize].is_look()
    }

    fn may_help(&self, id: u32) -> bool {
        !matches!(self.view.operation(id).kind, Kind::Append { .. })
    }

    /// Appends alone reach only what begins with the text that is there.
    fn can_reach(&self, held: u32, look: u32, mut before: impl Iterator<Item = u32>) -> bool {
        let Kind::Read { value, .. } = &self.view.operation(look).kind else { return true };
        if self.texts[self.key(look)].borrow().is_beginning(held, value) {
            return true;
        }
        before.any(|id| self.key(id) == self.key(look))
    }
}

impl Model for OneKey<'_, '_> {
    type Operation = u32;
    type State = u32;

    fn init(&self) -> u32 {
        self.0.init(0)
    }

    fn step(&self, &held: &u32, &id: &u32) -> Option<u32> {
        self.0.step(held, id)
    }

    fn is_look(&self, &id: &u32) -> bool {
        self.0.is_look(id)
    }

    fn state_bytes(&self, &held: &u32) -> usize {
        size_of::<u32>() + self.0.texts[0].borrow().bytes(held)
    }

    fn may_help(&self, &id: &u32) -> bool {
        self.0.may_help(id)
    }

    fn can_reach(&self, &held: &u32, &look: &u32, before: &mut dyn Iterator<Item = &u32>) -> bool {
        self.0.can_reach(held, look, before.copied())
    }
}

impl Model for AllKeys<'_, '_> {
    type Operation = u32;
    type State = Vec<u32>;

    fn init(&self) -> Vec<u32> {
        (0..self.0.texts.len()).map(|key| self.0.init(key)).collect()
    }

    fn step(&self, held: &Vec<u32>, &id: &u32) -> Option<Vec<u32>> {
        let key = self.0.key(id);
        let behind = self.0.step(held[key], id)?;
        let mut state = held.clone();
        state[key] = behind;
        Some(state)
    }

    fn is_look(&self, &id: &u32) -> bool {
        self.0.is_look(id)
    }

    fn state_bytes(&self, state: &Vec<u32>) -> usize {
        // States share texts, so this is rather too much.
        let texts = self.0.texts.iter().zip(state).map(|(texts, &held)| texts.borrow().bytes(held));
        size_of::<Vec<u32>>() + state.len() * size_of::<u32>() + texts.sum::<usize>()
    }

    fn may_help(&self, &id: &u32) -> bool {
        self.0.may_help(id)
    }

    fn can_reach(
        &self,
        held: &Vec<u32>,
        &look: &u32,
        before: &mut dyn Iterator<Item = &u32>,
    ) -> bool {
        self.0.can_reach(held[self.0.key(look)], look, before.copied())
    }
}

/// The number of nothing there, and that of every lost text.
const NOTHING: u32 = 0;
const LOST: u32 = 1;
/// The number of the first text that is not lost.
const FIRST: u32 = 2;

/// The beginning that some texts share: their range in the sorted list, and its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Beginning {
    first: usize,
    behind: usize,
    bytes: usize,
}

/// The texts of one key, by number.
pub(super) struct Texts<'h> {
    /// All texts that somebody saw or compared, sorted; none if the key is incremented.
    seen: Vec<&'h str>,
    beginnings: Vec<Beginning>,
    numbers: HashMap<Beginning, u32>,
    /// Whether the key is incremented: then every text is kept whole, as one that was seen.
    is_number: bool,
    whole: HashMap<Rc<str>, u32>,
    wholes: Vec<Rc<str>>,
}

impl<'h> Texts<'h> {
    pub(super) fn new(view: &View<'h>, ops: &[u32]) -> Texts<'h> {
        let operations = || ops.iter().map(|&id| view.operation(id));
        let looked_for = |operation: &'h Operation| match &operation.kind {
            Kind::Read { value, .. } => value.as_deref(),
            Kind::Cas { from, .. } => from.as_deref(),
            _ => None,
        };
        let seen: BTreeSet<&str> = operations().filter_map(looked_for).collect();
        Texts {
            seen: seen.into_iter().collect(),
            beginnings: Vec::new(),
            numbers: HashMap::new(),
            is_number: operations().any(|op| matches!(op.kind, Kind::Incr { .. })),
            whole: HashMap::new(),
            wholes: Vec::new(),
        }
    }

    /// The number of a value as a whole.
    pub(super) fn number(&mut self, value: &Option<Value>) -> u32 {
        let Some(text) = value else { return NOTHING };
        if self.is_number {
            return self.keep(text);
        }
        self.longer(Beginning { first: 0, behind: self.seen.len(), bytes: 0 }, text)
    }

    /// The number of the text that is `piece` behind a beginning.
    fn longer(&mut self, beginning: Beginning, piece: &str) -> u32 {
        let Beginning { first, behind, bytes } = beginning;
        let texts = &self.seen[first..behind];
        // All of them share the beginning, so they are sorted by what comes behind it, too.
        let piece = piece.as_bytes();
        let low = texts.partition_point(|text| &text.as_bytes()[bytes..] < piece);
        let begins = |text: &&str| text.as_bytes()[bytes..].starts_with(piece);
        let more = texts[low..].partition_point(begins);
        if more == 0 {
            return LOST;
        }
        let bytes = bytes + piece.len();
        let beginning = Beginning { first: first + low, behind: first + low + more, bytes };
        let next = FIRST + self.beginnings.len() as u32;
        let number = *self.numbers.entry(beginning).or_insert(next);
        if number == next {
            self.beginnings.push(beginning);
        }
        number
    }

    fn keep(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.whole.get(text) {
            return number;
        }
        let (number, text) = (FIRST + self.wholes.len() as u32, Rc::from(text));
        self.wholes.push(Rc::clone(&text));
        self.whole.insert(text, number);
        number
    }

    /// How many bytes a text takes that is kept as it is.
    pub(super) fn bytes(&self, held: u32) -> usize {
        let text = held.checked_sub(FIRST).and_then(|at| self.wholes.get(at as usize));
        text.map_or(0, |text| text.len() + size_of::<(Rc<str>, Rc<str>, u32)>())
    }

    /// Whether a value begins with the text that is held.
    pub(super) fn is_beginning(&self, held: u32, value: &Option<Value>) -> bool {
        match (held, value) {
            (NOTHING, _) => true,
            (LOST, _) | (_, None) => false,
            (held, Some(value)) if self.is_number => {
                value.starts_with(&*self.wholes[(held - FIRST) as usize])
            }
            (held, Some(value)) => {
                let Beginning { first, bytes, .. } = self.beginnings[(held - FIRST) as usize];
                value.as_bytes().starts_with(&self.seen[first].as_bytes()[..bytes])
            }
        }
    }

    fn is(&self, held: u32, value: &Option<Value>) -> bool {
        let bytes = match held {
            NOTHING => return value.is_none(),
            LOST => return false,
            held if self.is_number => self.wholes[(held - FIRST) as usize].len(),
            held => self.beginnings[(held - FIRST) as usize].bytes,
        };
        value.as_ref().is_some_and(|text| text.len() == bytes) && self.is_beginning(held, value)
    }

    fn append(&mut self, held: u32, piece: &Value) -> u32 {
        match held {
            NOTHING => self.number(&Some(piece.clone())),
            LOST => LOST,
            held if self.is_number => {
                let text = format!("{}{piece}", self.wholes[(held - FIRST) as usize]);
                self.keep(&text)
            }
            held => self.longer(self.beginnings[(held - FIRST) as usize], piece),
        }
    }

    pub(super) fn step(&mut self, held: u32, operation: &Operation, differs: bool) -> Option<u32> {
        match &operation.kind {
            Kind::Write { value } => Some(self.number(value)),
            Kind::Read { value, .. } => self.is(held, value).then_some(held),
            Kind::Cas { from, .. } if differs => (!self.is(held, from)).then_some(held),
            Kind::Cas { from, to, .. } => self.is(held, from).then(|| self.number(to)),
            Kind::Append { value } => Some(self.append(held, value)),
            Kind::Incr { add, value } => {
                let number: i64 = match held {
                    NOTHING => 0,
                    held => self.wholes.get((held - FIRST) as usize)?.parse().ok()?,
                };
                let sum = number.checked_add(*add)?.to_string();
                let fits = value.as_ref().is_none_or(|answer| *answer == sum);
                fits.then(|| self.keep(&sum))
            }
            // It comes in parts.
            Kind::Transaction { .. } => None,
        }
    }
}
