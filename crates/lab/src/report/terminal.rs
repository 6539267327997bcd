//! Where a run is told: lines on standard output, colours if it is a terminal, and progress on
//! standard error if that is one.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use history::{EXIT_FAILURE, worst};
use indicatif::{ProgressBar, ProgressStyle};

/// How often the progress moves while nothing happens.
const PROGRESS_EVERY: Duration = Duration::from_millis(120);

/// The looks that text can have. On anything but a terminal they vanish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Strong,
    Faint,
    Good,
    Doubtful,
    Bad,
}

impl Look {
    fn style(self) -> Style {
        match self {
            Look::Plain => Style::new(),
            Look::Strong => Style::new().bold(),
            Look::Faint => Style::new().dimmed(),
            Look::Good => AnsiColor::Green.on_default(),
            Look::Doubtful => AnsiColor::Yellow.on_default(),
            Look::Bad => AnsiColor::Red.on_default().bold(),
        }
    }

    /// The text with this look.
    pub(crate) fn on(self, text: impl fmt::Display) -> String {
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

/// Where a run is told.
pub(crate) struct Terminal {
    /// `None`: nothing is told, because a machine reads what comes at the end.
    lines: Option<Box<dyn Write>>,
    /// The first failure to tell something that somebody still wanted to read.
    lost: Option<io::Error>,
    bar: ProgressBar,
}

impl Terminal {
    /// The terminal, or whatever standard output is.
    pub(crate) fn for_people() -> Terminal {
        Terminal {
            lines: Some(Box::new(anstream::stdout())),
            lost: None,
            bar: ProgressBar::hidden(),
        }
    }

    /// Nothing is told.
    pub(crate) fn silent() -> Terminal {
        Terminal { lines: None, lost: None, bar: ProgressBar::hidden() }
    }

    /// Tells some lines.
    pub(crate) fn tell(&mut self, text: impl fmt::Display) {
        let Some(lines) = &mut self.lines else { return };
        let told = self.bar.suspend(|| writeln!(lines, "{text}").and_then(|()| lines.flush()));
        self.note(told);
    }

    /// Prints one document for machines.
    pub(crate) fn print(&mut self, document: &serde_json::Value) {
        let printed = print_document(document);
        self.note(printed);
    }

    /// Notes what is lost. Who closed the pipe reads no more, which is no loss; whatever is lost,
    /// the run still has to end in order.
    fn note(&mut self, told: io::Result<()>) {
        let lost = told.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        self.lost = self.lost.take().or(lost);
    }

    /// The exit code of a run that would end with `exit_code`: a verdict that nobody saw is a
    /// failure.
    pub(crate) fn exit_code(&self, exit_code: u8) -> u8 {
        let Some(error) = &self.lost else { return exit_code };
        self.complain(format!("cannot write to standard output: {error}"));
        worst([exit_code, EXIT_FAILURE])
    }

    /// Says on standard error what went wrong; also to who reads the output by machine.
    pub(crate) fn complain(&self, text: impl fmt::Display) {
        let indented = text.to_string().replace('\n', "\n       ");
        self.complain_bare(format!("{} {indented}", Look::Bad.on("error:")));
    }

    /// The same without a word before it.
    pub(crate) fn complain_bare(&self, text: impl fmt::Display) {
        self.bar.suspend(|| {
            let _ = writeln!(anstream::stderr(), "{text}");
        });
    }

    /// Shows that something of unknown length is going on.
    pub(crate) fn wait_for(&mut self, what: &str) {
        self.show(ProgressBar::new_spinner(), "{spinner} {msg} {elapsed:.dim}", what);
    }

    /// Shows how many of so many things are done.
    pub(crate) fn count(&mut self, what: &str, total: u64) {
        let bar = ProgressBar::new(total);
        self.show(bar, "{spinner} {msg} {bar:24.dim} {pos}/{len} {elapsed:.dim}", what);
    }

    /// One more thing is done.
    pub(crate) fn counted(&self) {
        self.bar.inc(1);
    }

    /// Nothing is going on.
    pub(crate) fn rest(&mut self) {
        self.bar.finish_and_clear();
        self.bar = ProgressBar::hidden();
    }

    fn show(&mut self, bar: ProgressBar, template: &str, what: &str) {
        self.rest();
        // A bar draws on standard error, and only if that is a terminal.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(PROGRESS_EVERY);
        self.bar = bar;
    }
}

fn print_document(document: &serde_json::Value) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    io::stdout().lock().write_all(text.as_bytes())
}
