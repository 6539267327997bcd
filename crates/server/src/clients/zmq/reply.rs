//! How a reply is written: the envelope of its request, then one frame of text.

use std::fmt;

use bytes::Bytes;
use node::Reply;

use super::frame;

/// Where a reply goes, and what it is about.
#[derive(Debug)]
pub(crate) struct Return {
    /// What goes back in front of it, as frames.
    pub(super) envelope: Bytes,
    /// The key that a `get` asked for; empty for a `set`, whose reply does not name it.
    pub(super) key: Bytes,
}

impl Return {
    /// How many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Return>() + self.envelope.len() + self.key.len()
    }

    /// Appends the node's reply.
    pub(crate) fn render(&self, reply: &Reply, out: &mut Vec<u8>) {
        match reply {
            Reply::Ok => write(out, &self.envelope, &[b"success"]),
            Reply::Nil => write(out, &self.envelope, &[&self.key, b":None"]),
            Reply::Value(value) => write(out, &self.envelope, &[&self.key, b":", value]),
            Reply::Integer(count) => write(out, &self.envelope, &[count.to_string().as_bytes()]),
            Reply::Status(_) | Reply::Array(_) | Reply::Map(_) => {
                unreachable!("only GET and SET are asked")
            }
            Reply::Error(error) => write_error(out, &self.envelope, error),
        }
    }
}

/// Appends that a request did not do, or is not known to have done, what it asked for: the code
/// first.
pub(super) fn write_error(out: &mut Vec<u8>, envelope: &[u8], error: &impl fmt::Display) {
    let line = error.to_string().replace(['\r', '\n'], " ");
    write(out, envelope, &[b"error: ", line.as_bytes()]);
}

fn write(out: &mut Vec<u8>, envelope: &[u8], text: &[&[u8]]) {
    out.extend_from_slice(envelope);
    frame::write(out, 0, text);
}
