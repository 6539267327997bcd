//! The search where operations of several keys stand at one moment: that for models, whose state is
//! what every key holds, as texts (`appends`).

use std::cell::RefCell;

use super::appends::Texts;
use super::found::Found;
use super::model::{Event, Model};
use super::modelled::search;
use crate::budget::Meter;
use crate::model::operation::Kind;
use crate::model::view::{NEVER, View};

/// Looks for a legal order in which the parts of each transaction stand together.
pub(crate) fn search_whole(view: &View<'_>, real_time: bool, meter: &mut Meter) -> Found {
    let moments = view.moments();
    let event = |(number, parts): (usize, &Vec<u32>)| {
        let op = &view.ops[parts[0] as usize];
        let end = Some(op.end).filter(|&end| end != NEVER);
        Event { client: u64::from(op.client), start: op.start, end, operation: number as u32 }
    };
    let events: Vec<Event<u32>> = moments.iter().enumerate().map(event).collect();
    let all: Vec<usize> = (0..events.len()).collect();
    let keys = view.by_key();
    let texts = keys.iter().map(|ops| RefCell::new(Texts::new(view, ops))).collect();
    let keys = Keys { view, moments, texts };
    match search(&keys, &events, &all, real_time, meter) {
        Found::Order(order) => {
            let parts = order.iter().flat_map(|&number| &keys.moments[number as usize]);
            Found::Order(parts.copied().collect())
        }
        other => other,
    }
}

/// All keys; a state is a text's number for each. An operation is a moment.
struct Keys<'v, 'h> {
    view: &'v View<'h>,
    moments: Vec<Vec<u32>>,
    texts: Vec<RefCell<Texts<'h>>>,
}

impl Keys<'_, '_> {
    fn key(&self, id: u32) -> usize {
        self.view.ops[id as usize].key as usize
    }

    /// Whether a part makes more than a longer text of what is there.
    fn turns(&self, id: u32) -> bool {
        let is_append = matches!(self.view.operation(id).kind, Kind::Append { .. });
        !is_append && !self.view.ops[id as usize].is_look()
    }
}

impl Model for Keys<'_, '_> {
    type Operation = u32;
    type State = Vec<u32>;

    fn init(&self) -> Vec<u32> {
        let initial = &self.view.history.initial;
        self.texts.iter().map(|texts| texts.borrow_mut().number(initial)).collect()
    }

    fn step(&self, held: &Vec<u32>, &moment: &u32) -> Option<Vec<u32>> {
        let mut state = held.clone();
        for &id in &self.moments[moment as usize] {
            let (key, op) = (self.key(id), &self.view.ops[id as usize]);
            let mut texts = self.texts[key].borrow_mut();
            match texts.step(state[key], self.view.operation(id), op.differs) {
                Some(behind) => state[key] = behind,
                None if self.view.is_lenient(id) => {}
                None => return None,
            }
        }
        Some(state)
    }

    fn is_look(&self, &moment: &u32) -> bool {
        self.moments[moment as usize].iter().all(|&id| self.view.ops[id as usize].is_look())
    }

    fn state_bytes(&self, state: &Vec<u32>) -> usize {
        // States share texts, so this is rather too much.
        let texts = self.texts.iter().zip(state).map(|(texts, &held)| texts.borrow().bytes(held));
        size_of::<Vec<u32>>() + state.len() * size_of::<u32>() + texts.sum::<usize>()
    }

    fn may_help(&self, &moment: &u32) -> bool {
        self.moments[moment as usize].iter().any(|&id| self.turns(id))
    }

    /// Every key that the look finds changed must be changed by somebody before.
    fn can_reach(
        &self,
        held: &Vec<u32>,
        &look: &u32,
        before: &mut dyn Iterator<Item = &u32>,
    ) -> bool {
        let is_wrong = |&key: &usize, id: u32| match &self.view.operation(id).kind {
            Kind::Read { value, .. } => !self.texts[key].borrow().is_beginning(held[key], value),
            _ => false,
        };
        let looks = self.moments[look as usize].iter().map(|&id| (self.key(id), id));
        let wrong = looks.filter(|(key, id)| is_wrong(key, *id)).map(|(key, _)| key);
        let mut wrong: Vec<usize> = wrong.collect();
        if wrong.is_empty() {
            return true;
        }
        for &moment in before {
            let parts = &self.moments[moment as usize];
            wrong.retain(|&key| !parts.iter().any(|&id| self.key(id) == key));
            if wrong.is_empty() {
                return true;
            }
        }
        false
    }
}
