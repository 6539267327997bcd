//! One connection: what was agreed on it, and the way of each of its requests.

use bytes::Bytes;
use resp::{Protocol, Request, Writer};

use super::spec::{Call, Spec};
use super::transaction::Transaction;
use super::{Action, Context, level, refusal, table};

/// The state of one client connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) id: u64,
    pub(super) peer: String,
    pub(super) local: String,
    /// When it was accepted, by the server's uptime.
    pub(super) accepted_s: u64,
    pub(super) protocol: Protocol,
    /// Whether answers say where they stand; only ever in RESP3.
    certified: bool,
    transaction: Transaction,
    /// What the client calls itself and its library; empty if it did not say.
    pub(super) name: Bytes,
    pub(super) lib_name: Bytes,
    pub(super) lib_version: Bytes,
}

impl Connection {
    /// A connection with its number in this server, the address of the client, the address it came
    /// to, and the server's uptime in seconds when it came.
    pub fn new(id: u64, peer: String, local: String, uptime_s: u64) -> Connection {
        Connection {
            id,
            peer,
            local,
            accepted_s: uptime_s,
            protocol: Protocol::Resp2,
            certified: false,
            transaction: Transaction::None,
            name: Bytes::new(),
            lib_name: Bytes::new(),
            lib_version: Bytes::new(),
        }
    }

    /// The protocol in force now. To be noted with every [`Action::Ask`], for its reply.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Takes a request of this client. Whatever is wrong with it becomes an error in `out`.
    ///
    /// # Panics
    /// If the request is empty, which no parser gives.
    pub fn execute(
        &mut self,
        request: &Request,
        context: &dyn Context,
        out: &mut Vec<u8>,
    ) -> Action {
        let (name, suffix) = level::split(&request[0]);
        let spec = table::find(name);
        if (spec.is_none() || self.transaction != Transaction::None)
            && self.transaction.take(name, &mut Writer::new(out, self.protocol))
        {
            return Action::Replied;
        }
        let Some(spec) = spec else {
            return self.refuse(out, |writer| refusal::unknown_command(writer, request));
        };
        let level = match suffix {
            None => None,
            Some(suffix) => match level::parse(spec, suffix) {
                Ok(level) => Some(level),
                Err(text) => return self.refuse(out, |writer| writer.error(text)),
            },
        };
        if !spec.subcommands.is_empty() && request.len() > 1 {
            return self.execute_subcommand(spec, request, context, out);
        }
        if !spec.takes(request.len()) {
            return self.refuse(out, |writer| refusal::arity(writer, spec.name));
        }
        spec.run.run(self, &Call { request, context, level }, out)
    }

    fn execute_subcommand(
        &mut self,
        parent: &Spec,
        request: &Request,
        context: &dyn Context,
        out: &mut Vec<u8>,
    ) -> Action {
        let Some(spec) = parent.subcommand(&request[1]) else {
            return self
                .refuse(out, |writer| refusal::unknown_subcommand(writer, parent, &request[1]));
        };
        if !spec.takes(request.len()) {
            let name = format_args!("{}|{}", parent.name, spec.name);
            return self.refuse(out, |writer| refusal::arity(writer, name));
        }
        spec.run.run(self, &Call { request, context, level: None }, out)
    }

    /// From now on, answers say where they stand, or no longer. The node is told if that changes anything.
    pub(super) fn certify(&mut self, on: bool) -> Action {
        match std::mem::replace(&mut self.certified, on) == on {
            true => Action::Replied,
            false => Action::Certify(on),
        }
    }

    /// Speaks this protocol from now on. RESP2 has no room for certificates.
    pub(super) fn speak(&mut self, protocol: Protocol) -> Action {
        self.protocol = protocol;
        let certified = self.certified && protocol == Protocol::Resp3;
        self.certify(certified)
    }

    /// A writer in the protocol in force now.
    pub(super) fn writer<'a>(&self, out: &'a mut Vec<u8>) -> Writer<'a> {
        Writer::new(out, self.protocol)
    }

    fn refuse(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Writer<'_>)) -> Action {
        write(&mut self.writer(out));
        Action::Replied
    }
}
