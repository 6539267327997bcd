//! The file beside the log that says whose directory it is.
//!
//! The log says so too, but a log that is gone says nothing, and a directory without one looks like
//! a new one: its node would start empty and forget its votes and all that it has acknowledged. The
//! file is written once the first group is durable, before anybody is told so. So where it is,
//! there was a log.

use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::Error;
use super::layout::{IDENTITY, IDENTITY_UNFINISHED};
use crate::log::disk::Disk;
use crate::mutants::mutant;

/// Whose a data directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The node.
    pub node: u64,
    /// The random id of the directory.
    pub directory: u64,
}

impl Identity {
    pub(super) fn text(self) -> String {
        format!("candor 1\nnode {}\ndirectory {:016x}\n", self.node, self.directory)
    }

    pub(super) fn parse(text: &str) -> Option<Identity> {
        let rest = text.strip_prefix("candor 1\nnode ")?;
        let (node, rest) = rest.split_once("\ndirectory ")?;
        let directory = u64::from_str_radix(rest.strip_suffix('\n')?, 16).ok()?;
        let identity = Identity { node: node.parse().ok()?, directory };
        // What is not written so was not written by this program.
        (identity.text() == text).then_some(identity)
    }

    /// Reads the file of a data directory, if it has one.
    pub(crate) fn read(disk: &Disk, data: &Path) -> Result<Option<Identity>, Error> {
        let path = data.join(IDENTITY);
        let text = match disk.read_text(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(Error::Unidentified(path));
            }
            text => text.map_err(Error::io("read", &path))?,
        };
        Identity::parse(&text).map(Some).ok_or(Error::Unidentified(path))
    }

    /// Writes the file of a data directory, whole or not at all.
    pub(super) fn write(self, disk: &Disk, data: &Path) -> Result<(), Error> {
        let path = data.join(IDENTITY_UNFINISHED);
        let file = disk.create(&path).map_err(Error::io("make", &path))?;
        file.write_all_at(self.text().as_bytes(), 0).map_err(Error::io("write to", &path))?;
        let synced = mutant!(IdentityNotSynced, file.sync_all(), Ok(()));
        synced.map_err(Error::io("sync", &path))?;
        disk.rename(&path, &data.join(IDENTITY)).map_err(Error::io("rename", &path))?;
        mutant!(IdentityNameNotSynced, disk.sync_folder(data), Ok(()))
            .map_err(Error::io("sync", data))
    }
}

/// Refuses a data directory that had a log, where there is none, or an empty one, now.
pub(super) fn refuse_lost(disk: &Disk, data: &Path) -> Result<(), Error> {
    match Identity::read(disk, data)? {
        Some(Identity { node, .. }) if mutant!(LostLogTaken, true, false) => {
            Err(Error::Lost { data: data.to_owned(), node })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn it_is_read_back() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(Identity::read(&Disk::default(), temp.path()).unwrap(), None);
        let identity = Identity { node: 3, directory: u64::MAX - 1 };
        identity.write(&Disk::default(), temp.path()).unwrap();
        assert_eq!(Identity::read(&Disk::default(), temp.path()).unwrap(), Some(identity));
        assert!(!temp.path().join(IDENTITY_UNFINISHED).exists());
    }

    #[test]
    fn what_says_something_else_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let newer: &[u8] = b"candor 2\nnode 1\ndirectory 0000000000000001\n";
        for text in [b"", newer, b"candor 1\nnode 1\n", b"candor 1\nnode \xff\n"] {
            fs::write(temp.path().join(IDENTITY), text).unwrap();
            let error = Identity::read(&Disk::default(), temp.path()).unwrap_err().to_string();
            assert!(error.contains("identity does not say whose"), "{error}");
        }
    }
}
