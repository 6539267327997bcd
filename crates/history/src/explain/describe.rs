//! Names and spans of time, as the sentences about a clash use them.

use crate::model::names::{quoted, shown};
use crate::model::operation::{Kind, Value};
use crate::model::view::View;

const NOTHING: &Option<Value> = &None;

/// Names for the operations of one view.
pub(crate) struct Describer<'v, 'h> {
    pub(crate) view: &'v View<'h>,
}

impl Describer<'_, '_> {
    pub(crate) fn client(&self, id: u32) -> u64 {
        self.view.operation(id).client
    }

    /// The value that an operation saw or, if it only writes, wrote.
    pub(crate) fn value(&self, id: u32) -> &Option<Value> {
        let operation = self.view.operation(id);
        operation.seen().or(operation.written()).unwrap_or(NOTHING)
    }

    /// Such as `"5" in "x"`.
    pub(crate) fn seen(&self, id: u32) -> String {
        format!("{}{}", shown(self.value(id)), self.place(id, "in"))
    }

    /// The value that an operation left.
    pub(crate) fn wrote(&self, id: u32) -> &Option<Value> {
        self.view.operation(id).written().unwrap_or(NOTHING)
    }

    /// Such as `client 3's read of "5"`.
    pub(crate) fn name(&self, id: u32) -> String {
        format!("client {}'s {}", self.client(id), self.what(id))
    }

    /// Such as ` in "x"`; nothing where there is one key only.
    pub(crate) fn place(&self, id: u32, preposition: &str) -> String {
        match self.view.initial.len() {
            0 | 1 => String::new(),
            _ => format!(" {preposition} {}", quoted(&self.view.operation(id).key)),
        }
    }

    /// Such as `read of "5"`.
    pub(crate) fn what(&self, id: u32) -> String {
        let on = |name: &str| format!("{name}{}", self.place(id, "of"));
        match &self.view.operation(id).kind {
            Kind::Write { value: None } => on("delete"),
            Kind::Write { value } => format!("write of {}{}", shown(value), self.place(id, "to")),
            Kind::Read { value, .. } => format!("read of {}{}", shown(value), self.place(id, "in")),
            Kind::Append { value } => {
                format!("append of {}{}", quoted(value), self.place(id, "to"))
            }
            Kind::Incr { add, .. } => format!("{} by {add}", on("incr")),
            // A transaction is torn into what it found and left in each key.
            Kind::Cas { from, ok: Some(false), .. } if self.view.is_part(id) => {
                format!("transaction that did not find {}{}", shown(from), self.place(id, "in"))
            }
            Kind::Cas { from, to, .. } if self.view.is_part(id) => {
                let place = self.place(id, "in");
                format!("transaction that found {} and left {}{place}", shown(from), shown(to))
            }
            Kind::Cas { from, to, .. } => {
                format!("{} from {} to {}", on("cas"), shown(from), shown(to))
            }
            Kind::Transaction { .. } => "transaction".to_string(),
        }
    }

    /// The time from the end of one operation to the start of another.
    pub(crate) fn gap(&self, ended: u32, began: u32) -> String {
        let end = self.view.ops[ended as usize].end;
        // As recorded: for bounded staleness the view has moved it.
        let start = self.view.operation(began).start;
        self.view.history.unit().span(start.saturating_sub(end))
    }

    /// Such as `client 1's write of "7" was acknowledged`.
    pub(crate) fn ended(&self, id: u32) -> String {
        match &self.view.operation(id).kind {
            Kind::Read { value, .. } => {
                format!("client {}'s read had returned {}", self.client(id), shown(value))
            }
            _ => format!("{} was acknowledged", self.name(id)),
        }
    }

    /// The value that was seen, as an old one.
    pub(crate) fn which(&self, id: u32) -> String {
        let value = shown(self.value(id));
        if self.view.is_initial(self.view.ops[id as usize].sees) {
            format!("the initial value ({value})")
        } else {
            format!("the older {value}")
        }
    }
}
