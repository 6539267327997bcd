//! Commands on keys and values. Each has one home: a row of a table, with all that anybody says or
//! does about it.
//!
//! | column | what it says |
//! |---|---|
//! | the [`Spec`] | what COMMAND, COMMAND DOCS, ACL categories and docs/commands.md are made from |
//! | [`id`](Data::id) | what stands in the log and in messages; never used again |
//! | `parse` | RESP arguments to a checked form; all of Redis' syntax errors live there |
//! | `effect` | a pure read, or a step on the agreed order and perhaps a rule on the merged one |
//! | [`model`](Data::model) | what the judge takes it for |
//!
//! In the log and in messages a write is `keyspace, id, arguments`: see [`encode`]. To add a
//! command, write its row into the file of its family, name it in that file's `ROWS`, and add its
//! conversations to the server's tests.
mod arguments;
mod bits;
mod command;
mod condition;
mod counters;
mod effect;
mod expiry;
mod extended;
mod glob;
mod integer;
mod keys;
mod keyspaces;
mod lcs;
mod list;
mod members;
mod moment;
mod once;
mod rows;
mod session;
mod set;
mod spec;
mod strings;
mod system;
mod table;
mod timed;
mod told;
mod unreadable;
mod write;

pub(crate) use arguments::{Args, Point};
pub use arguments::{Piece, Request};
pub use command::{Command, Data, Model, Row};
pub(crate) use condition::Condition;
pub(crate) use effect::{Answer, Effect, Merging, OfSession, Values, View};
pub use glob::fits;
pub(crate) use glob::{escaped, fits_exactly, literal};
pub(crate) use integer::{NOT_AN_INTEGER, integer};
pub(crate) use keyspaces::{Carving, change_table};
pub use list::List;
pub(crate) use list::Replies;
pub(crate) use once::Once;
pub use once::OnceId;
pub(crate) use session::LevelAsked;
#[cfg(feature = "mutants")]
pub(crate) use set::without_condition;
pub use spec::{Access, Argument, KeyPlaces, Spec};
pub use table::{find, table};
pub(crate) use told::Told;
pub(crate) use unreadable::Unreadable;
#[cfg(feature = "mutants")]
pub(crate) use write::is_set;
pub(crate) use write::{Listed, Write, check_run, decode, encode, encode_listed};
