//! What a row of the server's table of commands is carried out by.

use resp::Request;

use super::{Action, Connection, Context};

/// A row: a command on data, which the node carries out, or one on the connection.
pub(super) type Spec = node::Spec<Run>;

/// What carries out a call whose number of arguments is right.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    /// The node.
    Node(&'static node::Row),
    /// This function.
    Here(Here),
}

/// Carries out a call.
pub(super) type Here = fn(&mut Connection, &Call<'_>, &mut Vec<u8>) -> Action;

/// A request on its way to what carries it out.
pub(super) struct Call<'a> {
    /// The arguments, the name included.
    pub(super) request: &'a Request,
    /// The server around.
    pub(super) context: &'a dyn Context,
    /// What stood behind the `@`.
    pub(super) level: Option<node::Level>,
}
