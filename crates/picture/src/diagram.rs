//! The page of a message diagram: data that the simulator serialised, embedded as it is.
//!
//! It is the same built page as that of a history. What the data says is declared where it is made
//! and where it is drawn (`page/src/diagram/data.ts`); here it is only looked at whether the page
//! can read it at all.

use std::fmt;

use serde_json::Value;

use super::page;

/// The version of the data that this page reads.
const VERSION: u64 = 2;
/// The lists of the data: each is an object of columns.
const LISTS: [&str; 5] = ["calls", "messages", "bands", "marks", "states"];

/// Why a page cannot be made of some data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Its field `candor_diagram` is not the version that the page reads.
    Version,
    /// This list is missing, or its columns are not of one length.
    List(&'static str),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Version => write!(f, "the data is not a diagram of version {VERSION}"),
            Unreadable::List(list) => write!(f, "the columns of `{list}` do not fit together"),
        }
    }
}

impl std::error::Error for Unreadable {}

/// The whole page of a diagram, with this data in it. What strangers wrote in it stays data.
///
/// # Errors
///
/// Data that the page could not read is refused.
pub fn html(data: &Value) -> Result<String, Unreadable> {
    if data["candor_diagram"] != VERSION {
        return Err(Unreadable::Version);
    }
    match LISTS.into_iter().find(|list| !has_columns(&data[list])) {
        Some(list) => Err(Unreadable::List(list)),
        None => Ok(page(data)),
    }
}

/// Whether this is an object of columns, all of one length.
fn has_columns(list: &Value) -> bool {
    let lengths = |columns: &serde_json::Map<String, Value>| {
        columns.values().map(|column| column.as_array().map(Vec::len)).collect::<Vec<_>>()
    };
    let lengths = list.as_object().map(lengths).unwrap_or_default();
    lengths.first().is_some_and(|first| first.is_some() && lengths.iter().all(|one| one == first))
}
