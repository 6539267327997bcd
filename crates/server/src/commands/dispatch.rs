//! The way of each request of a connection: to its row in the table, and to what that row names.

use resp::{Request, Writer};

use super::connection::Connection;
use super::spec::{Call, Run, Spec};
use super::transaction::Transaction;
use super::{Action, Context, data, level, refusal, table};

impl Connection {
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
        run(spec, self, &Call { request, context, level }, out)
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
        run(spec, self, &Call { request, context, level: None }, out)
    }

    fn refuse(&self, out: &mut Vec<u8>, write: impl FnOnce(&mut Writer<'_>)) -> Action {
        write(&mut self.writer(out));
        Action::Replied
    }
}

/// Carries out a call whose number of arguments is right.
fn run(spec: &Spec, connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    match spec.run {
        Run::Node(row) => data::ask(row, connection, call, out),
        Run::Here(here) => here(connection, call, out),
    }
}
