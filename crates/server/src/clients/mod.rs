//! Client connections: their sockets, and their place in the loop.
//!
//! Each connection has a task that reads. It takes all complete requests from what has arrived,
//! answers what needs no node, and puts the rest into the inbox of the
//! [shared](crate::event_loop::Shared). The [driver](crate::event_loop::Driver) runs after all
//! tasks that were ready; it answers into the sessions and writes each with one write at the end of
//! its turn. What is too much for one turn, it writes at the end of the next ones; and what a
//! socket did not take, when the connection's task has seen that it has room again.
//!
//! ```text
//!   socket ──▶ task ──▶ inbox ──▶ driver ──▶ Session (replies, in order) ──▶ socket
//!                └────── PING and its like ──────────▲
//! ```
//!
//! What differs between clients of Redis and those of [ZeroMQ](crate::clients::zmq) is their
//! [language]: how requests are taken from the bytes, and the [form](replies::Form) of the replies.
//!
//! A connection that asks too much at once, or does not take its replies, is not read from until it
//! does; and of what all of them hold together there is a [limit](account). A connection whose
//! bytes make no sense is told so and closed.

mod account;
mod language;
mod listener;
mod redis;
mod replies;
mod session;
mod sessions;
mod task;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod zmq;

pub(crate) use language::{Language, Said};
pub(crate) use listener::{Port, listen};
pub(crate) use replies::Replies;
pub(crate) use session::Session;
pub(crate) use sessions::Sessions;
