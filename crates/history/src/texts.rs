//! Keys whose operations leave what depends on what they find: appends and increments. They are
//! judged by the search for models; a key's value is then a *text*, known by its length and two
//! rolling hashes, so that appending costs nothing but the length of what is appended. Two texts
//! are taken for one another with a chance below 2^-100.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::budget::Meter;
use crate::model::{Event, Model};
use crate::operation::{Kind, Operation};
use crate::search::Found;
use crate::search::modelled::search;
use crate::view::{NEVER, View};

/// Looks for a legal order of everything in the view, whatever its keys hold.
pub(crate) fn search_texts(view: &View<'_>, real_time: bool, meter: &mut Meter) -> Found {
    let event = |id: usize| {
        let op = &view.ops[id];
        let end = Some(op.end).filter(|&end| end != NEVER);
        Event { client: u64::from(op.client), start: op.start, end, operation: id as u32 }
    };
    let events: Vec<Event<u32>> = (0..view.ops.len()).map(event).collect();
    let all: Vec<usize> = (0..events.len()).collect();
    let texts = RefCell::new(Texts::default());
    if view.initial.len() == 1 {
        search(&OneKey { view, texts }, &events, &all, real_time, meter)
    } else {
        search(&AllKeys(OneKey { view, texts }), &events, &all, real_time, meter)
    }
}

/// One key; its state is the number of a text, 0 for nothing there.
struct OneKey<'v, 'h> {
    view: &'v View<'h>,
    texts: RefCell<Texts>,
}

impl Model for OneKey<'_, '_> {
    type Operation = u32;
    type State = u32;

    fn init(&self) -> u32 {
        let initial = self.view.history.initial.as_deref();
        initial.map_or(NOTHING, |text| self.texts.borrow_mut().number(text))
    }

    fn step(&self, &held: &u32, &id: &u32) -> Option<u32> {
        let differs = self.view.ops[id as usize].differs;
        self.texts.borrow_mut().step(held, self.view.operation(id), differs)
    }

    fn is_look(&self, &id: &u32) -> bool {
        self.view.ops[id as usize].is_look()
    }
}

/// All keys together; the state has a text for each.
struct AllKeys<'v, 'h>(OneKey<'v, 'h>);

impl Model for AllKeys<'_, '_> {
    type Operation = u32;
    type State = Vec<u32>;

    fn init(&self) -> Vec<u32> {
        vec![self.0.init(); self.0.view.initial.len()]
    }

    fn step(&self, held: &Vec<u32>, id: &u32) -> Option<Vec<u32>> {
        let key = self.0.view.ops[*id as usize].key as usize;
        let behind = self.0.step(&held[key], id)?;
        let mut state = held.clone();
        state[key] = behind;
        Some(state)
    }

    fn is_look(&self, id: &u32) -> bool {
        self.0.is_look(id)
    }
}

const NOTHING: u32 = 0;

/// What tells one text from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Print {
    bytes: usize,
    hashes: [u64; 2],
}

/// The texts that came up, by number; each is a text before it and a piece.
#[derive(Default)]
struct Texts {
    prints: Vec<Print>,
    /// The text before, and the piece behind it.
    parts: Vec<(u32, Box<str>)>,
    numbers: HashMap<Print, u32>,
}

/// A Mersenne prime, and two bases for polynomials over it.
const PRIME: u64 = (1 << 61) - 1;
const BASES: [u64; 2] = [0x0cf4_d3bb_9c1a_6e5d, 0x1b87_2e5a_f03d_94c7];

impl Print {
    fn append(self, piece: &str) -> Print {
        let mut print = self;
        for byte in piece.bytes() {
            for (hash, base) in print.hashes.iter_mut().zip(BASES) {
                let next = u128::from(*hash) * u128::from(base) + u128::from(byte) + 1;
                *hash = (next % u128::from(PRIME)) as u64;
            }
        }
        print.bytes += piece.len();
        print
    }
}

impl Texts {
    /// The number of the text that is `piece` behind the text `before`.
    fn append(&mut self, before: u32, piece: &str) -> u32 {
        let print = self.print(before).append(piece);
        let next = self.prints.len() as u32 + 1;
        let number = *self.numbers.entry(print).or_insert(next);
        if number == next {
            self.prints.push(print);
            self.parts.push((before, piece.into()));
        }
        number
    }

    fn number(&mut self, text: &str) -> u32 {
        self.append(NOTHING, text)
    }

    fn print(&self, text: u32) -> Print {
        if text == NOTHING { Print::default() } else { self.prints[text as usize - 1] }
    }

    /// The text itself.
    fn text(&self, mut number: u32) -> String {
        let mut pieces: Vec<&str> = Vec::new();
        while number != NOTHING {
            let (before, piece) = &self.parts[number as usize - 1];
            pieces.push(piece);
            number = *before;
        }
        pieces.into_iter().rev().collect()
    }

    fn is(&self, held: u32, value: &Option<String>) -> bool {
        match value {
            None => held == NOTHING,
            Some(text) => held != NOTHING && self.print(held) == Print::default().append(text),
        }
    }

    fn of(&mut self, value: &Option<String>) -> u32 {
        value.as_ref().map_or(NOTHING, |text| self.number(text))
    }

    fn step(&mut self, held: u32, operation: &Operation, differs: bool) -> Option<u32> {
        match &operation.kind {
            Kind::Write { value } => Some(self.of(value)),
            Kind::Read { value, .. } => self.is(held, value).then_some(held),
            Kind::Cas { from, .. } if differs => (!self.is(held, from)).then_some(held),
            Kind::Cas { from, to, .. } => self.is(held, from).then(|| self.of(to)),
            Kind::Append { value } => Some(self.append(held, value)),
            Kind::Incr { add, value } => {
                let text = self.text(held);
                let number: i64 = if held == NOTHING { 0 } else { text.parse().ok()? };
                let sum = number.checked_add(*add)?.to_string();
                let fits = value.as_ref().is_none_or(|answer| *answer == sum);
                fits.then(|| self.number(&sum))
            }
        }
    }
}
