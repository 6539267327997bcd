//! The client process: it reads its plan, connects, waits for the common start, runs its requests
//! one after another and tells what came of each as it happens.
//!
//! When its standard input ends it ends, whatever it is doing: then the runner is gone.

use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use resp::Value;
use tokio::sync::oneshot;

use crate::certificate::Certificate;
use crate::clock;
use crate::connection::Connection;
use crate::plan::{Answer, LINE_BYTES_MAX, Plan, Report, Start, Step};
use crate::scenario::VALUE_BYTES_MAX;

/// The last stretch before the start is slept by the thread itself: the timer of the runtime is
/// only good to a millisecond.
const FINE_WAIT: Duration = Duration::from_millis(3);

/// The life of a client process: speaks to the runner by standard input and output.
pub fn client() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is the client's log; if even that is gone, nobody listens.
            let _ = writeln!(io::stderr(), "client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let plan: Plan = read_line()?;
    let (send_start, start) = oneshot::channel();
    std::thread::Builder::new().name("stdin".into()).spawn(move || watch_stdin(send_start))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run_plan(&plan, start, &mut |report| print(&report)))
}

/// Waits for the word to start, then for the end of standard input, which ends the process.
fn watch_stdin(send_start: oneshot::Sender<Start>) {
    if let Ok(start) = read_line() {
        // Nobody waits for it if the plan could not begin.
        let _ = send_start.send(start);
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    }
    std::process::exit(0);
}

fn read_line<T: serde::de::DeserializeOwned>() -> io::Result<T> {
    let mut line = String::new();
    io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line)?;
    serde_json::from_str(&line).map_err(io::Error::from)
}

fn print(report: &Report) -> io::Result<()> {
    let mut line = serde_json::to_string(report)?;
    line.push('\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(line.as_bytes())?;
    stdout.flush()
}

/// Runs a plan, telling each report as it happens.
async fn run_plan(
    plan: &Plan,
    start: oneshot::Receiver<Start>,
    tell: &mut dyn FnMut(Report) -> io::Result<()>,
) -> io::Result<()> {
    let connection = match Connection::open_certified(plan.server).await {
        Ok(connection) => connection,
        Err(why) => return tell(Report::NotConnected { why }),
    };
    let mut asker = Asker { plan, connection: Some(connection), renewals: 0 };
    tell(Report::Ready)?;
    // Without a word to start the runner is gone, and the watcher ends the process.
    let Ok(start) = start.await else { return Ok(()) };
    wait_until(start.at_ns).await;
    for (place, step) in plan.steps.iter().enumerate() {
        match step {
            Step::Sleep { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
            _ => tell(asker.ask(place, step).await)?,
        }
    }
    tell(Report::Finished)
}

async fn wait_until(instant_ns: u64) {
    tokio::time::sleep(clock::until(instant_ns).saturating_sub(FINE_WAIT)).await;
    std::thread::sleep(clock::until(instant_ns));
}

/// Asks a server, over a new connection whenever the old one cannot be trusted.
struct Asker<'p> {
    plan: &'p Plan,
    connection: Option<Connection>,
    /// How often this client went on under a new number: after each outcome that is unknown.
    renewals: u64,
}

impl Asker<'_> {
    /// One operation, from its start to its answer.
    async fn ask(&mut self, place: usize, step: &Step) -> Report {
        let (renewals, start_ns) = (self.renewals, clock::now_ns());
        let (answer, certificate) = self.answer(step).await;
        let end_ns = clock::now_ns();
        if matches!(answer, Answer::Unknown(_)) {
            self.renewals += 1;
        }
        Report::Operation { step: place, renewals, start_ns, end_ns, answer, certificate }
    }

    async fn answer(&mut self, step: &Step) -> (Answer, Option<Certificate>) {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match Connection::open_certified(self.plan.server).await {
                Ok(connection) => connection,
                // Never sent, so it certainly did not run.
                Err(error) => return (Answer::Refused(format!("no connection: {error}")), None),
            },
        };
        let command: &[&str] = match step {
            Step::Write { key, value } => &["SET", key, value],
            Step::Read { key } => &["GET", key],
            Step::Sleep { .. } => unreachable!("a sleep asks nothing"),
        };
        let within = Duration::from_millis(self.plan.reply_timeout_ms);
        let reply = connection.ask(command, within).await.map_err(|error| error.to_string());
        let (certificate, reply) = match reply.and_then(Certificate::take_off) {
            Ok(taken) => taken,
            Err(why) => return (Answer::Unknown(why), None),
        };
        let Some(answer) = interpret(step, &reply) else {
            return (Answer::Unknown(format!("an answer to something else: {reply}")), None);
        };
        self.connection = Some(connection);
        (answer, certificate)
    }
}

/// What a reply says about an operation: done, refused or unknown. `None`: it is no reply to it.
fn interpret(step: &Step, reply: &Value) -> Option<Answer> {
    if let Some(error) = reply.as_error() {
        let text = String::from_utf8_lossy(error).into_owned();
        // Of all errors this code alone leaves open whether the command ran.
        return Some(match text.split(' ').next() {
            Some("INDETERMINATE") => Answer::Unknown(text),
            _ => Answer::Refused(text),
        });
    }
    match (step, reply) {
        (Step::Write { .. }, Value::Simple(text)) if &text[..] == b"OK" => Some(Answer::Written),
        (Step::Read { .. }, Value::Nil) => Some(Answer::Value(None)),
        (Step::Read { .. }, Value::Bulk(value)) => Some(Answer::Value(Some(text_of(value)))),
        _ => None,
    }
}

/// A value as text. Scenarios write texts of limited length alone, so anything else was never
/// written; it is described, lest it look like something that was.
pub(crate) fn text_of(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) if text.len() <= VALUE_BYTES_MAX => text.into(),
        Ok(_) => format!("(a value of {} bytes)", value.len()),
        Err(_) => format!("(a value of {} bytes that are no UTF-8)", value.len()),
    }
}

#[cfg(test)]
mod tests;
