//! A program that is a client, with which a test speaks by lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// It runs; dropped, it is killed.
pub(crate) struct Program {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Program {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = piped.spawn().unwrap();
        let stdin = process.stdin.take().unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Program { process, stdin, stdout }
    }

    /// Waits until it says this.
    #[track_caller]
    pub(crate) fn hear(&mut self, line: &str) {
        let mut said = String::new();
        self.stdout.read_line(&mut said).unwrap();
        assert_eq!(said.trim_end(), line, "its standard error says more");
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").unwrap();
    }

    /// Waits for its good end.
    #[track_caller]
    pub(crate) fn end(mut self) {
        self.hear("done");
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if it has ended and was waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
