//! The way of each request of a connection: to its row in the table, and to what that row names.

use resp::{Request, Writer};

use super::connection::Connection;
use super::spec::{Call, Run, Spec};
use super::{Action, Context, data, level, refusal, table, transaction};

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
        let Some(spec) = spec else {
            return self.refuse(out, |writer| refusal::unknown_command(writer, request));
        };
        let level = match suffix {
            None => None,
            Some(suffix) => match level::parse(spec, suffix) {
                Ok(level) => Some(level),
                Err(text) => {
                    self.watch_refused |= spec.name == "watch";
                    return self.refuse(out, |writer| writer.error(text));
                }
            },
        };
        if !spec.subcommands.is_empty() && request.len() > 1 {
            return self.execute_subcommand(spec, request, context, out);
        }
        if !spec.takes(request.len()) {
            if spec.name == "exec" {
                return transaction::abort(self, out);
            }
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

    fn refuse(&mut self, out: &mut Vec<u8>, write: impl FnOnce(&mut Writer<'_>)) -> Action {
        self.transaction.fail();
        write(&mut self.writer(out));
        Action::Replied
    }
}

/// Carries out a call whose number of arguments is right, or queues it.
fn run(spec: &Spec, connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if connection.transaction.is_open() && !transaction::runs_at_once(spec) {
        return transaction::queue(spec, connection, call, out);
    }
    if spec.name == "watch" && !connection.watch(call, out) {
        return Action::Replied;
    }
    let action = match spec.run {
        Run::Node(row) => data::ask(row, connection, call, out),
        Run::Here(here) => here(connection, call, out),
    };
    connection.watch_refused |= spec.name == "watch" && action == Action::Replied;
    action
}
