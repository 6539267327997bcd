//! The client process: it reads its plan, connects, waits for the common start, runs its requests
//! one after another, or draws them, and tells what came of each as it happens. It asks once and
//! never again: what a retry hides from a user, a history has to show.
//!
//! When its standard input ends it ends, whatever it is doing: then the runner is gone.

use std::io::{self, BufRead, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use tokio::sync::oneshot;

use super::certificate::Certificate;
use super::link::Link;
use super::plan::{LINE_BYTES_MAX, Plan, Report, Start, Work};
use super::step::{Answer, Step};
use super::workload::{Seen, Share};
use crate::clock;
use crate::servers::connection::CONNECT_WITHIN;

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
    let mut asker = Asker {
        plan,
        server: plan.server,
        connection: None,
        renewals: 0,
        token: None,
        is_ahead: false,
    };
    match asker.connect(CONNECT_WITHIN).await {
        Ok(connection) => asker.connection = Some(connection),
        Err(why) => return tell(Report::NotConnected { why }),
    }
    tell(Report::Ready)?;
    // Without a word to start the runner is gone, and the watcher ends the process.
    let Ok(start) = start.await else { return Ok(()) };
    wait_until(start.at_ns).await;
    match &plan.work {
        Work::Steps(steps) => {
            for (place, step) in steps.iter().enumerate() {
                match step {
                    Step::Sleep { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
                    _ => tell(asker.ask(place, step).await.report(None))?,
                }
            }
        }
        Work::Share(share) => run_share(share, start.at_ns, &mut asker, tell).await?,
    }
    tell(Report::Finished)
}

/// Asks what is drawn, at the pace that is wanted, until it is enough. Who is late does not hurry.
async fn run_share(
    share: &Share,
    start_ns: u64,
    asker: &mut Asker<'_>,
    tell: &mut dyn FnMut(Report) -> io::Result<()>,
) -> io::Result<()> {
    let end_ns = share.duration_ms.map_or(u64::MAX, |ms| start_ns.saturating_add(ms * 1_000_000));
    let (mut next_ns, mut seen) = (start_ns, Seen::new());
    for place in 0.. {
        let (step, pause_ns) = share.step(place, &seen);
        next_ns = clock::now_ns().max(next_ns.saturating_add(pause_ns));
        if share.operations.is_some_and(|most| place as u64 >= most) || next_ns >= end_ns {
            break;
        }
        tokio::time::sleep(clock::until(next_ns)).await;
        let told = asker.ask(place, &step).await;
        note_seen(&mut seen, &step, &told.answer);
        if share.wander {
            let is_done = !matches!(told.answer, Answer::Refused(_) | Answer::Unknown(_));
            if is_done {
                asker.take_token().await;
            }
            if !is_done || share.leaves(place) {
                asker.wander();
            }
        }
        tell(told.report(Some(step)))?;
    }
    Ok(())
}

/// What the client knows of a key after this.
fn note_seen(seen: &mut Seen, step: &Step, answer: &Answer) {
    if let (Step::Transaction { commands }, Answer::Ran(answers)) = (step, answer) {
        for (command, answer) in commands.iter().zip(answers) {
            note_seen(seen, command, answer);
        }
        return;
    }
    match (step, answer) {
        (Step::Write { key, value }, Answer::Written) => {
            seen.insert(key.clone(), Some(value.clone()))
        }
        (Step::Read { key, .. }, Answer::Value(value)) => seen.insert(key.clone(), value.clone()),
        (Step::Cas { key, to, .. }, Answer::Swapped(true)) => {
            seen.insert(key.clone(), Some(to.clone()))
        }
        (Step::Cas { key, .. }, _) => seen.remove(key),
        (Step::Delete { key }, Answer::Written) => seen.insert(key.clone(), None),
        _ => None,
    };
}

async fn wait_until(instant_ns: u64) {
    tokio::time::sleep(clock::until(instant_ns).saturating_sub(FINE_WAIT)).await;
    std::thread::sleep(clock::until(instant_ns));
}

/// Asks a server, over a new connection whenever the old one cannot be trusted.
struct Asker<'p> {
    plan: &'p Plan,
    /// The server that is asked.
    server: usize,
    connection: Option<Link>,
    /// How often this client went on under a new number: after each outcome that is unknown, and at
    /// another server without a token, which knows nothing of what it saw.
    renewals: u64,
    /// Where its session stands, if all that it was told since is in it.
    token: Option<String>,
    /// Whether the server that is asked has to come there first.
    is_ahead: bool,
}

/// What came of an operation.
struct Told {
    place: usize,
    server: usize,
    renewals: u64,
    instants_ns: (u64, u64),
    answer: Answer,
    certificate: Option<Certificate>,
}

impl Told {
    /// As the runner hears it; with what it was, if the client drew it.
    fn report(self, drawn: Option<Step>) -> Report {
        let Told { place, server, renewals, instants_ns, answer, certificate } = self;
        let (start_ns, end_ns) = instants_ns;
        Report::Operation {
            step: place,
            drawn,
            server,
            renewals,
            start_ns,
            end_ns,
            answer,
            certificate,
        }
    }
}

impl Asker<'_> {
    async fn connect(&self, within: Duration) -> Result<Link, String> {
        Link::open(self.plan.transport, self.plan.servers[self.server], within).await
    }

    /// One operation, from its start to its answer.
    async fn ask(&mut self, place: usize, step: &Step) -> Told {
        let (server, renewals, start_ns) = (self.server, self.renewals, clock::now_ns());
        let (answer, certificate) = self.answer(step).await;
        let instants_ns = (start_ns, clock::now_ns());
        match answer {
            Answer::Unknown(_) => self.renewals += 1,
            Answer::Refused(_) => {}
            // It has seen more than its token says.
            _ => self.token = None,
        }
        Told { place, server, renewals, instants_ns, answer, certificate }
    }

    /// Asks where its session stands now.
    async fn take_token(&mut self) {
        let within = Duration::from_millis(self.plan.reply_timeout_ms);
        let Some(connection) = &mut self.connection else { return };
        match connection.token(within).await {
            Ok(token) => self.token = token,
            Err(_) => {
                self.connection = None;
                self.renewals += 1;
            }
        }
    }

    /// Goes on to the next server: the same session, if it has its token.
    fn wander(&mut self) {
        self.server = (self.server + 1) % self.plan.servers.len();
        self.connection = None;
        self.is_ahead = self.token.is_some();
        self.renewals += u64::from(!self.is_ahead);
    }

    /// A connection on which the session goes on.
    async fn go_on(&mut self, within: Duration) -> Result<Link, String> {
        let mut connection = self.connect(within.min(CONNECT_WITHIN)).await?;
        if let Some(token) = self.token.as_ref().filter(|_| self.is_ahead) {
            connection.wait_for(token, within).await?;
            self.is_ahead = false;
        }
        Ok(connection)
    }

    async fn answer(&mut self, step: &Step) -> (Answer, Option<Certificate>) {
        let within = Duration::from_millis(self.plan.reply_timeout_ms);
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match self.go_on(within).await {
                Ok(connection) => connection,
                // Never sent, so it certainly did not run.
                Err(error) => return (Answer::Refused(format!("no connection: {error}")), None),
            },
        };
        let (answer, certificate) = match connection.ask(step, within).await {
            Ok(told) => told,
            Err(why) => return (Answer::Unknown(why), None),
        };
        self.connection = Some(connection);
        (answer, certificate)
    }
}

#[cfg(test)]
mod tests;
