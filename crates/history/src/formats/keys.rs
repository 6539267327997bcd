//! Which key an event is about: one beside its value, or the first of a pair as
//! `jepsen.independent` writes it, or the only one there is.

use std::borrow::Cow;

use super::datum::Datum;
use super::events::{Event, Step};
use crate::formats::broken::Broken;

const NOTHING: &Datum<'_> = &Datum::Nothing;

/// The key of a history that names none.
pub(super) const ONLY_KEY: &str = "register";

/// Where a history's keys stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keys {
    /// Nowhere.
    None,
    /// Beside the values.
    Beside,
    /// In the values, which are pairs of a key and a value; for a cas also `[key from to]`.
    Inside,
}

/// A key, if one is named, and a value.
pub(super) type Split<'e> = (Option<Cow<'e, str>>, Cow<'e, Datum<'e>>);

impl Keys {
    pub(super) fn of(events: &[Event<'_>]) -> Keys {
        let told = events.iter().filter(|event| matches!(event.step, Step::Invoke | Step::Ok));
        if events.iter().any(|event| event.key.is_some()) {
            Keys::Beside
        } else if told.filter_map(pair).next().is_some() {
            Keys::Inside
        } else {
            Keys::None
        }
    }

    /// Whether each event must say which key it is about.
    pub(super) fn are_named(self) -> bool {
        self != Keys::None
    }

    /// The key of an event, if it names one, and its value without it.
    pub(super) fn split<'e>(self, event: &'e Event<'_>) -> Result<Split<'e>, Broken> {
        let value = Cow::Borrowed(event.value.as_ref().unwrap_or(NOTHING));
        let (key, value) = match (self, &event.key) {
            (Keys::Inside, _) => match pair(event) {
                Some((key, value)) => (Some(key), value),
                None if *value == Datum::Nothing => return Ok((None, value)),
                None => {
                    let message = "in this history values are pairs of a key and a value";
                    return event.fault(message.to_string());
                }
            },
            (_, key) => (key.as_ref(), value),
        };
        let Some(key) = key else { return Ok((None, value)) };
        match key.label() {
            Some(key) => Ok((Some(key), value)),
            None => event.fault("a key is a number, a string or another scalar".to_string()),
        }
    }
}

/// The key and value of an event whose value has both.
fn pair<'e, 'a>(event: &'e Event<'a>) -> Option<(&'e Datum<'a>, Cow<'e, Datum<'a>>)> {
    let Some(Datum::List(items)) = &event.value else { return None };
    match (&*event.f, &items[..]) {
        ("cas", [key, from, to]) => {
            Some((key, Cow::Owned(Datum::List(vec![from.clone(), to.clone()]))))
        }
        ("cas", [key, value @ Datum::List(_)]) => Some((key, Cow::Borrowed(value))),
        ("cas", _) => None,
        (_, [key, value]) => Some((key, Cow::Borrowed(value))),
        _ => None,
    }
}
