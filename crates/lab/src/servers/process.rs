//! One child process: its standard input is held open for as long as it may live, and it is never
//! forgotten.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

use crate::attempt::directory::log_tail;

/// How long a process may take to end by itself once its standard input is closed.
pub(crate) const END_WITHIN: Duration = Duration::from_secs(2);

/// How long a process may take to end once it was killed.
const KILLED_WITHIN: Duration = Duration::from_secs(10);

/// The time between two looks whether a process stands still.
const PAUSED_LOOK: Duration = Duration::from_millis(1);

/// A child process. Dropped, it is killed.
pub(crate) struct Process {
    /// What people call it, such as `server 0`.
    name: String,
    pid: u32,
    log: PathBuf,
    stdin: Option<ChildStdin>,
    kill: mpsc::Sender<()>,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts a process that logs to a file. It gets a process group of its own, so that a Ctrl-C
    /// at the terminal reaches the runner alone, which then ends everything in order.
    /// `notify` is notified when it has ended.
    pub(crate) fn start(
        name: String,
        command: &mut Command,
        log: PathBuf,
        notify: Arc<Notify>,
    ) -> io::Result<(Process, Option<ChildStdout>)> {
        let mut child =
            command.stdin(Stdio::piped()).process_group(0).kill_on_drop(true).spawn().map_err(
                |error| io::Error::new(error.kind(), format!("cannot start {name}: {error}")),
            )?;
        let pid = child.id().expect("a child that was not waited for has a pid");
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (kill, kill_asked) = mpsc::channel(1);
        let (end, ended) = watch::channel(None);
        tokio::spawn(watch_over(child, kill_asked, end, notify));
        Ok((Process { name, pid, log, stdin, kill, ended }, stdout))
    }

    /// What people call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its number with the system.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Where it logs to.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Says a line to it.
    pub(crate) async fn say(&mut self, mut line: String) -> io::Result<()> {
        line.push('\n');
        let stdin = self.stdin.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        stdin.write_all(line.as_bytes()).await?;
        stdin.flush().await
    }

    /// Stops it where it stands, and waits until it does: only one that stands still is woken by
    /// the system should its runner be gone.
    pub(crate) async fn pause(&self) {
        self.signal(Signal::STOP);
        let Some(pid) = Pid::from_raw(self.pid as i32) else { return };
        let seen = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let stopped = async {
            while self.end().is_none() && !matches!(waitid(WaitId::Pid(pid), seen), Ok(Some(_))) {
                sleep(PAUSED_LOOK).await;
            }
        };
        // One that does not even stop waits for a disk, and nobody can wait for that.
        let _ = timeout(KILLED_WITHIN, stopped).await;
    }

    /// Lets it go on.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        if self.end().is_none()
            && let Some(pid) = Pid::from_raw(self.pid as i32)
        {
            // It fails only if the process has ended meanwhile.
            let _ = kill_process(pid, signal);
        }
    }

    /// Ends it by SIGKILL and waits until it is gone.
    pub(crate) async fn kill(&self) {
        // Full if it was asked already, closed if the process has ended.
        let _ = self.kill.try_send(());
        let _ = timeout(KILLED_WITHIN, self.ended()).await;
    }

    /// How it ended, if it did.
    pub(crate) fn end(&self) -> Option<End> {
        let status = (*self.ended.borrow())?;
        Some(self.describe(status))
    }

    /// Waits for its end.
    pub(crate) async fn ended(&self) -> End {
        let mut ended = self.ended.clone();
        let status = match ended.wait_for(Option::is_some).await {
            Ok(status) => *status,
            // The one who watched over it is gone, and that is only when all is over.
            Err(_) => None,
        };
        self.describe(status.unwrap_or_default())
    }

    fn describe(&self, status: ExitStatus) -> End {
        End { name: self.name.clone(), pid: self.pid, status, log: self.log.clone() }
    }
}

/// Waits for the end of a child, killing it when asked.
async fn watch_over(
    mut child: Child,
    mut kill_asked: mpsc::Receiver<()>,
    end: watch::Sender<Option<ExitStatus>>,
    notify: Arc<Notify>,
) {
    let status = tokio::select! {
        status = child.wait() => status,
        _ = kill_asked.recv() => {
            // It fails only if the process has ended meanwhile.
            let _ = child.start_kill();
            child.wait().await
        }
    };
    // Waiting fails only for a process that is none of ours, so there is a status.
    end.send_replace(Some(status.unwrap_or_default()));
    notify.notify_one();
}

/// Ends processes: closes their standard inputs, waits a little, kills what is left, and waits
/// until all are gone. `hurry` cuts the waiting short.
pub(crate) async fn end_all(processes: &mut [Process], hurry: impl Future<Output = ()>) {
    for process in processes.iter_mut() {
        process.stdin = None;
    }
    tokio::select! {
        _ = timeout(END_WITHIN, all_ended(processes)) => {}
        () = hurry => {}
    }
    for process in processes.iter().filter(|process| process.end().is_none()) {
        // Full: it was asked already. Closed: it has ended.
        let _ = process.kill.try_send(());
    }
    // What even a kill does not end, waits for a disk, and nobody can wait for that.
    let _ = timeout(KILLED_WITHIN, all_ended(processes)).await;
}

async fn all_ended(processes: &[Process]) {
    for process in processes {
        process.ended().await;
    }
}

/// How a process ended.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) status: ExitStatus,
    log: PathBuf,
}

impl End {
    /// One line: who ended and how.
    pub(crate) fn sentence(&self) -> String {
        use std::os::unix::process::ExitStatusExt;
        let how = match (self.status.code(), self.status.signal()) {
            (Some(code), _) => format!("with exit code {code}"),
            (None, Some(signal)) => format!("by signal {signal}"),
            (None, None) => "in an unknown way".into(),
        };
        format!("{} (pid {}) ended {how}", self.name, self.pid)
    }

    /// The sentence, and what the process said last.
    pub(crate) fn story(&self) -> String {
        format!("{}{}", self.sentence(), last_words(&self.name, &self.log))
    }
}

/// What the log of a process ends with, as indented lines, each after a newline.
pub(crate) fn last_words(name: &str, log: &Path) -> String {
    match log_tail(log) {
        lines if lines.is_empty() => format!("; its log is empty ({})", log.display()),
        lines => {
            let indented: String = lines.iter().map(|line| format!("\n    {line}")).collect();
            format!("; the log of {name} ends with{indented}\n    ({})", log.display())
        }
    }
}
