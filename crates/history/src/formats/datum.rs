//! Data as EDN and JSON know them. What Clojure takes for two values never is one here: the string
//! `"1"`, the keyword `:1` and the number `1` differ, while `+1`, `1N` and JSON's `1.0` are `1`.

use std::borrow::Cow;

/// One datum; what stands in the text as it is meant is borrowed from there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Datum<'a> {
    /// `nil` or `null`.
    Nothing,
    /// A string.
    Text(Cow<'a, str>),
    /// A keyword, without its first colon.
    Keyword(&'a str),
    /// A symbol.
    Symbol(&'a str),
    /// Another scalar, in the one way to write it: a number, a truth value, a character, or what a
    /// tag makes of a scalar.
    Scalar(Cow<'a, str>),
    /// A vector or list.
    List(Vec<Datum<'a>>),
    /// A set, in the order of the file.
    Set(Vec<Datum<'a>>),
    /// A map, no key twice.
    Map(Vec<(Datum<'a>, Datum<'a>)>),
    /// A regular expression or `##NaN`, which equal nothing, not even themselves.
    Unequal,
}

impl<'a> Datum<'a> {
    /// What a keyword, symbol or string names.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Datum::Keyword(name) | Datum::Symbol(name) => Some(name),
            Datum::Text(name) => Some(name),
            _ => None,
        }
    }

    /// The same, taken out.
    pub(super) fn into_name(self) -> Option<Cow<'a, str>> {
        match self {
            Datum::Keyword(name) | Datum::Symbol(name) => Some(Cow::Borrowed(name)),
            Datum::Text(name) => Some(name),
            _ => None,
        }
    }

    /// Whether it has a label.
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self, Datum::Text(_) | Datum::Keyword(_) | Datum::Symbol(_) | Datum::Scalar(_))
    }

    /// The integer, if it is one.
    pub(super) fn integer(&self) -> Option<i128> {
        match self {
            Datum::Scalar(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The same, if it is not negative and not too large. Most are, and are read faster so.
    pub(super) fn whole(&self) -> Option<u64> {
        match self {
            Datum::Scalar(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Whether it is an event or holds one.
    pub(super) fn holds_event(&self) -> bool {
        match self {
            Datum::Map(pairs) => {
                let has = |name| pairs.iter().any(|(key, _)| key.name() == Some(name));
                let inside = |(key, value): &(Datum<'_>, Datum<'_>)| {
                    key.holds_event() || value.holds_event()
                };
                has("process") && has("type") || pairs.iter().any(inside)
            }
            Datum::List(items) | Datum::Set(items) => items.iter().any(Datum::holds_event),
            _ => false,
        }
    }

    /// A scalar as text, different for different scalars; the plainest text that is. `None` for
    /// nothing and for what is no scalar.
    pub(super) fn label(&self) -> Option<Cow<'_, str>> {
        match self {
            Datum::Text(text) if is_like_another(text) => Some(format!("\"{text}\"").into()),
            Datum::Keyword(name) => Some(format!(":{name}").into()),
            Datum::Symbol(name) => Some(format!("'{name}").into()),
            Datum::Text(text) | Datum::Scalar(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }
}

/// Whether a string without its quotes could be taken for another scalar.
fn is_like_another(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    number.starts_with(|c: char| c.is_ascii_digit())
        || text.starts_with(['"', ':', '\'', '\\', '#'])
        || matches!(text, "true" | "false")
}
