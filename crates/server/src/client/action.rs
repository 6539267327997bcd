//! What is to be done about a request, and how the node's answer is written.

use resp::{Protocol, Writer};

/// What the event loop is to do about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing more: the reply is in the send buffer.
    Replied,
    /// Hand this to the node, and [`render`] its reply.
    Ask {
        /// The level that this one read asked for.
        level: Option<node::Level>,
        /// What is asked.
        command: node::Command,
    },
    /// Send what is in the send buffer, then close the connection.
    Close,
}

/// Appends the node's reply, in the protocol that the connection spoke when it asked.
pub fn render(protocol: Protocol, reply: &node::Reply, out: &mut Vec<u8>) {
    let mut writer = Writer::new(out, protocol);
    match reply {
        node::Reply::Ok => writer.simple("OK"),
        node::Reply::Nil => writer.nil(),
        node::Reply::Value(value) => writer.bulk(value),
        node::Reply::Integer(value) => writer.integer(*value),
        node::Reply::Error(error) => writer.error_with(error),
    }
}
