//! What a client says and hears, from a parsed request to the bytes of a reply. No sockets here:
//! the event loop parses, calls [`Connection::execute`], and does what the [`Action`] says.
//!
//! ```text
//!   Request ──▶ Connection::execute ──▶ Action::Replied               the reply is in the buffer
//!                    │                  Action::Ask { level, command }  hand it to the node …
//!                    │                      └─▶ node::Reply ──▶ render  … and write its answer
//!                    │                  Action::Exec { list, … }      the same of a transaction
//!                    │                  Action::Certify               replied, and tell the node
//!                    │                  Action::Unwatch, Reset        the same
//!                    │                  Action::TakeSnapshot          the same
//!                    │                  Action::Drain                 the same of the server's end
//!                    │                  Action::ReadBackup …        have a part of a snapshot read
//!                    │                  Action::Close                 send it, then hang up
//!                    ▼
//!                  table: name, arity, keys, documentation and function of every command
//! ```
//!
//! Replies go out in the order of the requests. That is the event loop's part: what is replied at
//! once still stands behind what the node has yet to answer. It is also why a connection's protocol
//! is noted with each question: `HELLO` may change it while answers are on their way.
//!
//! Every command that exists is one row of `table`, and whatever speaks of commands (the look-up,
//! `COMMAND`, the spelling `GET@LEVEL`) reads that table. Texts are those of Redis 7, to the
//! letter, because clients take decisions by them.
//!
//! What does not exist yet is absent: its error is that of an unknown command, with what does its
//! work meanwhile if Redis has it.

mod action;

mod render;

mod answers;

mod connection;

mod context;

mod dispatch;

mod table;

mod queue;

mod transaction;
mod usage;

mod once;

mod spec;

mod level;

mod data;

mod consistency;

mod keyspaces;

mod cluster_admin;

mod debug;

mod certificate;

mod hello;

mod identity;

mod info;

mod configuration;

mod setting;

mod saving;

mod backup;

mod catalogue;

mod documentation;

mod refusal;

mod absent;

#[cfg(test)]
mod page;

pub use action::Action;
pub use answers::Answers;
pub(crate) use connection::AT_END;
pub use connection::Connection;
pub use context::{Context, Figures};
pub(crate) use data::too_long;
pub use render::render;
pub(crate) use render::render_head;
