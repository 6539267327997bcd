//! What must hold for any bytes in the place of a snapshot.

use std::fs;
use std::sync::Arc;

use node::{SnapshotNumber, StartError};

use super::Folder;
use super::format::{self, Header};
use super::layout::PIECE_BYTES;
use super::start::Load;
use crate::log::disk::{Disk, Faulty};

const NUMBER: SnapshotNumber = SnapshotNumber(7);

/// A file: these bytes as they are; behind a header that gives it the size that the first eight of
/// them say; and as the content of a snapshot.
pub fn files(bytes: &[u8]) {
    load(bytes);
    let Some((size, content)) = bytes.split_first_chunk() else { return };
    let header = Header { number: NUMBER, first: 5, bytes: u64::from_le_bytes(*size) };
    load(&[&header.encode()[..], content].concat());
    let header = Header { bytes: content.len() as u64, ..header };
    let table: Vec<u32> = content.chunks(PIECE_BYTES).map(crc32c::crc32c).collect();
    let end = format::encode_end(header.bytes, &table);
    let found = load(&[&header.encode()[..], content, &end].concat());
    assert_eq!(found.as_deref(), Some(content), "what was written is read");
}

/// What a start reads of this file; `None`: it passes it over.
fn load(file: &[u8]) -> Option<Vec<u8>> {
    let temp = tempfile::tempdir().expect("there is a temporary directory");
    // One that does not wait for the real disk.
    let disk = Disk::faulty(Arc::new(Faulty::new(false)));
    let folder = Folder::open(&disk, temp.path().to_owned()).expect("it is empty");
    fs::write(folder.placed(NUMBER), file).expect("there is room");
    let start = folder.start(|_| Content(vec![])).ok()?;
    start.newest.map(|_| start.loaded.0)
}

/// All that was loaded.
struct Content(Vec<u8>);

impl Load for Content {
    fn load(&mut self, bytes: &[u8]) -> Result<(), StartError> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn loaded(&mut self, _: SnapshotNumber) -> Result<(), StartError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_file(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            files(&bytes);
        }

        #[test]
        fn any_size(size: u64, shift in 0..64u32, rest: Vec<u8>) {
            files(&[&(size >> shift).to_le_bytes()[..], &rest].concat());
        }
    }
}
