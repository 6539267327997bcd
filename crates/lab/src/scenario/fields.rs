//! The fields of one JSON object, each taken by name once; what nobody took is unknown. And what is
//! read of them wherever they stand: lists, numbers, flags.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use jsonc_parser::ast::{Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;

use super::source::{Place, Problem, Source};
use super::spelling;

/// Collects what is wrong with a file while it is read.
pub(super) struct Problems<'s> {
    source: &'s Source<'s>,
    found: Vec<Problem>,
}

impl<'s> Problems<'s> {
    pub(super) fn new(source: &'s Source<'s>) -> Problems<'s> {
        Problems { source, found: vec![] }
    }

    /// The place of something.
    pub(super) fn place(&self, node: &impl Ranged) -> Place {
        self.source.place(node.start())
    }

    /// Something is wrong with this; `None` for the convenience of the caller.
    pub(super) fn add<T>(&mut self, node: &impl Ranged, what: impl Into<String>) -> Option<T> {
        self.found.push(Problem { place: Some(self.place(node)), what: what.into() });
        None
    }

    /// All problems in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.place);
        self.found
    }
}

/// The fields of an object.
///
/// Invariant: a name that is given twice is reported, and the first one counts.
pub(super) struct Fields<'v> {
    object: &'v Object<'v>,
    /// What the object is, for messages, such as `a client`.
    what: &'static str,
    by_name: HashMap<&'v str, &'v ObjectProp<'v>>,
    known: Vec<&'static str>,
}

impl<'v> Fields<'v> {
    /// The fields of `value`, which ought to be an object.
    pub(super) fn of(
        value: &'v Value<'v>,
        what: &'static str,
        problems: &mut Problems<'_>,
    ) -> Option<Fields<'v>> {
        let Value::Object(object) = value else {
            return problems
                .add(value, format!("{what} is an object, {{ … }}, not {}", kind(value)));
        };
        let mut by_name = HashMap::new();
        for field in &object.properties {
            let name = field.name.as_str();
            if let Some(first) = by_name.get(name) {
                let first = problems.place(*first);
                problems.add::<()>(
                    field,
                    format!("{} is given twice (first at {first}); keep one", quoted(name)),
                );
            } else {
                by_name.insert(name, field);
            }
        }
        Some(Fields { object, what, by_name, known: vec![] })
    }

    /// More is known now about what the object is.
    pub(super) fn call(&mut self, what: &'static str) {
        self.what = what;
    }

    /// The object itself, for its place.
    pub(super) fn object(&self) -> &'v Object<'v> {
        self.object
    }

    /// The field of this name, whether it was taken or not.
    pub(super) fn named(&self, name: &str) -> Option<&'v ObjectProp<'v>> {
        self.object.properties.iter().find(|field| field.name.as_str() == name)
    }

    /// Whether the object has a field of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.named(name).is_some()
    }

    /// Whether there are fields that nobody took yet.
    pub(super) fn has_more(&self) -> bool {
        !self.by_name.is_empty()
    }

    /// Takes a field that may be left out.
    pub(super) fn take(&mut self, name: &'static str) -> Option<&'v ObjectProp<'v>> {
        self.known.push(name);
        self.by_name.remove(name)
    }

    /// Takes a field that says nothing, so that nobody is told that it could be there. It must be
    /// null.
    pub(super) fn take_null(&mut self, name: &'static str, problems: &mut Problems<'_>) {
        if let Some(field) = self.by_name.remove(name)
            && !matches!(field.value, Value::NullKeyword(_))
        {
            let what = format!("{} has no {name}: leave it out, or let it be null", self.what);
            problems.add::<()>(&field.value, what);
        }
    }

    /// Takes the value of a field that must be there.
    pub(super) fn need(
        &mut self,
        name: &'static str,
        meaning: &str,
        problems: &mut Problems<'_>,
    ) -> Option<&'v Value<'v>> {
        match self.take(name) {
            Some(field) => Some(&field.value),
            None => problems.add(self.object, format!("{} needs \"{name}\": {meaning}", self.what)),
        }
    }

    /// All fields were taken that exist; the rest is unknown.
    pub(super) fn finish(self, problems: &mut Problems<'_>) {
        for (name, field) in self.by_name {
            let known = || self.known.iter().copied();
            let right = match spelling::nearest(name, known()) {
                Some(meant) => format!("did you mean \"{meant}\"?"),
                None => format!("{} has {}", self.what, list(known())),
            };
            problems.add::<()>(field, format!("unknown field {}; {right}", quoted(name)));
        }
    }
}

/// What kind of value this is, in words.
pub(super) fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::StringLit(_) => "a string",
        Value::NumberLit(_) => "a number",
        Value::BooleanLit(_) => "true or false",
        Value::Object(_) => "an object",
        Value::Array(_) => "a list",
        Value::NullKeyword(_) => "null",
    }
}

/// A text of the file in quotes, cut if it is long, with nothing that could upset a terminal.
pub(super) fn quoted(text: &str) -> String {
    const CHARS_MAX: usize = 60;
    let cut: String = text.chars().take(CHARS_MAX).collect();
    let ellipsis = if cut.len() < text.len() { "…" } else { "" };
    format!("{:?}", cut + ellipsis)
}

/// Names in quotes, with commas and "and".
pub(super) fn list(names: impl IntoIterator<Item = &'static str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("\"{name}\"")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "no fields".into(),
    }
}

/// A field that may be left out; `None`: it is there and wrong.
pub(super) fn optional<T>(
    fields: &mut Fields<'_>,
    name: &'static str,
    problems: &mut Problems<'_>,
    read: impl FnOnce(&Value<'_>, &mut Problems<'_>) -> Option<T>,
) -> Option<Option<T>> {
    match fields.take(name) {
        Some(field) => read(&field.value, problems).map(Some),
        None => Some(None),
    }
}

/// Reads a list of so many elements at most.
pub(super) fn read_list<'v>(
    value: &'v Value<'v>,
    name: &str,
    length_max: usize,
    problems: &mut Problems<'_>,
) -> Option<&'v [Value<'v>]> {
    let Value::Array(array) = value else {
        return problems.add(value, format!("{name} is a list, [ … ], not {}", kind(value)));
    };
    if array.elements.len() > length_max {
        let what = format!("{name} has {} elements; at most {length_max} go", array.elements.len());
        return problems.add(array, what);
    }
    Some(&array.elements)
}

/// Reads a whole number in a range.
pub(super) fn read_integer(
    value: &Value<'_>,
    name: &str,
    range: RangeInclusive<u64>,
    problems: &mut Problems<'_>,
) -> Option<u64> {
    let bounds = match *range.end() {
        u64::MAX => format!("a whole number, {} or more", range.start()),
        end => format!("a whole number from {} to {end}", range.start()),
    };
    let Value::NumberLit(number) = value else {
        return problems.add(value, format!("{name} is {bounds}, not {}", kind(value)));
    };
    match number.value.parse() {
        Ok(number) if range.contains(&number) => Some(number),
        _ => problems.add(value, format!("{name} is {bounds}, not {}", cut(number.value))),
    }
}

/// Reads a whole number that may be negative.
pub(super) fn read_signed(
    value: &Value<'_>,
    name: &str,
    range: RangeInclusive<i64>,
    problems: &mut Problems<'_>,
) -> Option<i64> {
    let bounds = format!("a whole number from {} to {}", range.start(), range.end());
    let Value::NumberLit(number) = value else {
        return problems.add(value, format!("{name} is {bounds}, not {}", kind(value)));
    };
    match number.value.parse() {
        Ok(number) if range.contains(&number) => Some(number),
        _ => problems.add(value, format!("{name} is {bounds}, not {}", cut(number.value))),
    }
}

/// A number of the file, cut if it is long.
fn cut(number: &str) -> String {
    const CHARS_MAX: usize = 30;
    match number.get(..CHARS_MAX) {
        Some(start) if number.len() > CHARS_MAX => format!("{start}…"),
        _ => number.into(),
    }
}

/// Reads true or false.
pub(super) fn read_flag(
    value: &Value<'_>,
    name: &str,
    problems: &mut Problems<'_>,
) -> Option<bool> {
    match value {
        Value::BooleanLit(flag) => Some(flag.value),
        other => problems.add(other, format!("{name} is true or false, not {}", kind(other))),
    }
}

/// What is wrong with the number of a server that is not there.
pub(super) fn no_such_server(number: u64, servers: usize) -> String {
    let there_are = match servers {
        1 => "the only server is 0".into(),
        _ => format!("servers are 0 to {}", servers - 1),
    };
    format!("there is no server {number}: num_servers is {servers}, so {there_are}")
}
