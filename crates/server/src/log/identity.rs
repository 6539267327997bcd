//! The file beside the log that says whose directory it is.
//!
//! The log says so too, but a log that is gone says nothing, and a directory without one looks like a new one: its node would start
//! empty and forget its votes and all that it has acknowledged. The file is written once the first group is durable, before
//! anybody is told so. So where it is, there was a log.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::Error;
use super::directory;

/// Its name in the data directory.
pub(super) const NAME: &str = "identity";
/// The name under which it is written.
pub(super) const NAME_UNFINISHED: &str = "identity.new";

/// Whose a data directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The node.
    pub node: u64,
    /// The random id of the directory.
    pub directory: u64,
}

impl Identity {
    fn text(self) -> String {
        format!("candor 1\nnode {}\ndirectory {:016x}\n", self.node, self.directory)
    }

    fn parse(text: &str) -> Option<Identity> {
        let rest = text.strip_prefix("candor 1\nnode ")?;
        let (node, rest) = rest.split_once("\ndirectory ")?;
        let directory = u64::from_str_radix(rest.strip_suffix('\n')?, 16).ok()?;
        let identity = Identity { node: node.parse().ok()?, directory };
        // What is not written so was not written by this program.
        (identity.text() == text).then_some(identity)
    }

    /// Reads the file of a data directory, if it has one.
    pub(super) fn read(data: &Path) -> Result<Option<Identity>, Error> {
        let path = data.join(NAME);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(Error::io("read", &path))?,
        };
        Identity::parse(&text).map(Some).ok_or(Error::Unidentified(path))
    }

    /// Writes the file of a data directory, whole or not at all.
    pub(super) fn write(self, data: &Path) -> Result<(), Error> {
        let path = data.join(NAME_UNFINISHED);
        let mut file = File::create(&path).map_err(Error::io("make", &path))?;
        file.write_all(self.text().as_bytes()).map_err(Error::io("write to", &path))?;
        file.sync_all().map_err(Error::io("sync", &path))?;
        fs::rename(&path, data.join(NAME)).map_err(Error::io("rename", &path))?;
        directory::sync(data)
    }
}

/// Refuses a data directory that had a log, where there is none, or an empty one, now.
pub(super) fn refuse_lost(data: &Path) -> Result<(), Error> {
    match Identity::read(data)? {
        Some(Identity { node, .. }) => Err(Error::Lost { data: data.to_owned(), node }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_back() {
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(Identity::read(temp.path()).unwrap(), None);
        let identity = Identity { node: 3, directory: u64::MAX - 1 };
        identity.write(temp.path()).unwrap();
        assert_eq!(Identity::read(temp.path()).unwrap(), Some(identity));
        assert!(!temp.path().join(NAME_UNFINISHED).exists());
    }

    #[test]
    fn what_says_something_else_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        for text in ["", "candor 2\nnode 1\ndirectory 0000000000000001\n", "candor 1\nnode 1\n"] {
            fs::write(temp.path().join(NAME), text).unwrap();
            let error = Identity::read(temp.path()).unwrap_err().to_string();
            assert!(error.contains("identity does not say whose"), "{error}");
        }
    }
}
