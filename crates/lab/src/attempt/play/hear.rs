//! What clients say and how processes end: it is recorded, and shown.

use super::Play;
use crate::attempt::recording::Told;
use crate::attempt::show::Show;
use crate::attempt::stated_order::OperationId;
use crate::clients::plan::{Report, Work};
use crate::clients::pool::Said;
use crate::clients::step::Answer;
use crate::report;
use crate::report::terminal::{Look, Terminal};
use crate::servers::cluster::ServerEnd;
use crate::servers::process::End;

impl Play {
    /// A client said something.
    pub(super) async fn hear(
        &mut self,
        place: usize,
        said: Said,
        show: &mut Show,
        terminal: &mut Terminal,
    ) {
        match said {
            Said::Report(Report::Operation {
                step,
                drawn,
                server,
                renewals,
                start_ns,
                end_ns,
                answer,
                certificate,
            }) => {
                let id = OperationId { client: place, step };
                let instants_ns = (start_ns, end_ns);
                let told = Told { drawn, server, renewals, instants_ns, answer, certificate };
                self.hear_operation(id, told, show, terminal);
            }
            Said::Report(Report::Finished) => self.recording.finish(place),
            Said::Report(Report::Ready | Report::NotConnected { .. }) => {}
            Said::Garbled(line) => {
                let name = self.pool.name(place);
                self.troubles.push(format!("{name} said what nobody understands: {line:?}"));
            }
            Said::Closed if self.recording.is_finished(place) => {}
            Said::Closed => match self.pool.end_of(place).await {
                Some(end) => self.note_end(&end, terminal),
                None => self.troubles.push(format!("{} fell silent", self.pool.name(place))),
            },
        }
    }

    fn hear_operation(
        &mut self,
        id: OperationId,
        told: Told,
        show: &mut Show,
        terminal: &mut Terminal,
    ) {
        let (is_unknown, renewals) = (matches!(told.answer, Answer::Unknown(_)), told.renewals);
        if !self.recording.note(id, told) {
            let name = self.pool.name(id.client);
            self.troubles.push(format!("{name} told of an operation that it was not to do"));
            return;
        }
        terminal.counted();
        let Some(recorded) = self.recording.operations().last() else { return };
        // Random operations are too many to be shown one by one.
        if matches!(self.recording.work(id.client), Work::Share(_)) {
            show.phase.note(recorded);
            return;
        }
        let rows = show.rows.take(recorded, show.live.row(recorded, &self.recording));
        let is_shown = !rows.is_empty();
        rows.into_iter().for_each(|row| terminal.tell(row));
        if is_unknown && is_shown {
            let (client, number) =
                (self.pool.name(id.client), self.recording.number(id.client, renewals + 1));
            let note = format!("           {client} goes on under the number {number}");
            terminal.tell(Look::Faint.on(note));
        }
    }

    /// A server ended.
    pub(super) fn note_server_end(&mut self, ended: ServerEnd, terminal: &mut Terminal) {
        let ServerEnd { server, end, is_expected } = ended;
        let at_us = self.now_us();
        self.nemesis.note_end(server, end.sentence(), at_us);
        match is_expected {
            true => terminal.tell(report::fault_line(at_us, &end.sentence())),
            false => self.note_end(&end, terminal),
        }
    }

    fn note_end(&mut self, end: &End, terminal: &mut Terminal) {
        terminal.tell(Look::Bad.on(format!("           {}", end.sentence())));
        self.troubles.push(end.story());
    }
}
