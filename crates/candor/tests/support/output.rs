//! What becomes of a command whose output gets lost.

use std::fs::OpenOptions;
use std::process::Command;

/// A disk that is full is a failure, and told; who closed the pipe has seen enough, and gets the
/// exit code that is due.
#[track_caller]
pub(crate) fn assert_lost_output_is_told(command: &mut Command, due: i32) {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let lost = command.stdout(full).output().unwrap();
    assert_eq!(lost.status.code(), Some(1), "{lost:?}");
    let said = String::from_utf8_lossy(&lost.stderr);
    assert!(said.contains("cannot write to standard output: No space left"), "{said}");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let closed = command.stdout(writer).output().unwrap();
    assert_eq!((closed.status.code(), closed.stderr.len()), (Some(due), 0), "{closed:?}");
}
