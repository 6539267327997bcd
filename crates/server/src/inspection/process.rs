//! Which process has locked a data directory.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The process that has locked a data directory, where the system has `/proc`: its server.
pub(super) fn process_on(data: &Path) -> io::Result<Option<u32>> {
    let inode = match std::fs::metadata(data.join("lock")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        lock => lock?.ino(),
    };
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    Ok(locks.lines().find_map(|line| holder(line, inode)))
}

/// The process of a line of `/proc/locks`, if it is about a lock on the whole of this file.
fn holder(line: &str, inode: u64) -> Option<u32> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [_, "FLOCK", _, "WRITE", process, file, ..] = words[..] else { return None };
    let is_it = file.rsplit(':').next()?.parse() == Ok(inode);
    is_it.then(|| process.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::disk::Disk;

    #[test]
    fn who_holds_a_lock_is_found() {
        let line = "3: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF";
        assert_eq!(holder(line, 5678), Some(1234));
        assert_eq!(holder(line, 567), None);
        assert_eq!(holder("3: -> FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF", 5678), None);
        assert_eq!(holder("4: POSIX  ADVISORY  WRITE 1234 08:01:5678 0 EOF", 5678), None);
        let temp = tempfile::tempdir().unwrap();
        assert_eq!(process_on(temp.path()).unwrap(), None);
        let lock = Disk::default().lock(&temp.path().join("lock")).unwrap();
        if Path::new("/proc/locks").exists() {
            assert_eq!(process_on(temp.path()).unwrap(), Some(std::process::id()));
        }
        drop(lock);
        assert_eq!(process_on(temp.path()).unwrap(), None);
    }
}
