//! What must hold for any bytes of a data directory.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::disk::{Disk, Faulty};
use super::frame::{self, Frame, HEADER_BYTES, Salt};
use super::identity::Identity;
use super::segment::{self, Header};
use super::{Directory, Log};

/// The size of a new segment.
const SEGMENT_BYTES: u64 = 8192;

/// A frame and what lies behind it. The first eight bytes are the salt of its segment.
pub fn frames(bytes: &[u8]) {
    let Some((salt, bytes)) = bytes.split_first_chunk() else { return };
    let salt = Salt(u64::from_le_bytes(*salt));
    for bytes in [bytes.to_vec(), sound(bytes, salt)] {
        let found = frame::find(&bytes, 0, salt, 0);
        if let Some(Frame { sequence, payload }) = frame::decode(&bytes, salt) {
            assert_eq!(found, Some((0, sequence)));
            let mut written = vec![];
            frame::encode(&mut written, salt, sequence, &[payload]);
            let length = HEADER_BYTES + payload.len();
            assert_eq!(written[..length], bytes[..length], "there is one form of it");
        }
        if let Some((at, _)) = found {
            assert!(frame::decode(&bytes[at..], salt).is_some());
        }
    }
}

/// A frame of these bytes, the first eight being its number: to guess a checksum takes too long.
fn sound(bytes: &[u8], salt: Salt) -> Vec<u8> {
    let Some((sequence, payload)) = bytes.split_first_chunk() else { return vec![] };
    let mut frame = vec![];
    frame::encode(&mut frame, salt, u64::from_le_bytes(*sequence), &[payload]);
    frame
}

/// The file that says whose a directory is.
pub fn identities(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(identity) = Identity::parse(text) {
        assert_eq!(identity.text(), text, "there is one form of it");
    }
}

/// The first segment of a log, and what a start makes of it: `[size, salt, frames …]`, each frame a
/// byte for how far its number is from the right one, a length, and so many bytes; what is left
/// over lies behind them as it is.
pub fn segments(bytes: &[u8]) {
    let Some((&[high, low, salt], rest)) = bytes.split_first_chunk() else { return };
    let size = segment::HEADER_BYTES as u64 + u64::from(high) * 16 + u64::from(low);
    let header = Header { first: 1, size, salt: Salt(salt.into()) };
    let mut file = header.encode().to_vec();
    let groups = put_frames(&mut file, header.salt, rest);
    file.resize(size as usize, 0);
    let found = open(&file);
    if let Some(found) = found {
        let whole = groups.iter().zip(&found).all(|(written, read)| written == read);
        assert!(whole && found.len() <= groups.len(), "what was never written is read");
    }
}

/// Appends frames as these bytes say; gives the groups that are in them, up to a wrong number.
fn put_frames(file: &mut Vec<u8>, salt: Salt, mut rest: &[u8]) -> Vec<Vec<u8>> {
    let (mut groups, mut sequence, mut is_right) = (vec![], 1, true);
    while let Some((&[off, length], behind)) = rest.split_first_chunk() {
        let Some((payload, behind)) = behind.split_at_checked(length.into()) else { break };
        rest = behind;
        let mut frame = vec![];
        frame::encode(&mut frame, salt, sequence + u64::from(off), &[payload]);
        file.extend_from_slice(&frame);
        is_right &= off == 0;
        if is_right {
            groups.push(payload.to_vec());
        }
        sequence += 1;
    }
    file.extend_from_slice(rest);
    groups
}

/// The groups of a log that has this segment alone; `None`: it is not opened.
fn open(segment: &[u8]) -> Option<Vec<Vec<u8>>> {
    let temp = tempfile::tempdir().expect("there is a temporary directory");
    let folder = temp.path().join("log");
    fs::create_dir(&folder).expect("it is new");
    fs::write(segment::path(&folder, 1), segment).expect("there is room");
    let first = read(temp.path())?;
    assert_eq!(read(temp.path()).as_ref(), Some(&first), "the next start finds the same");
    Some(first)
}

fn read(path: &Path) -> Option<Vec<Vec<u8>>> {
    // One that does not wait for the real disk.
    let disk = Disk::faulty(Arc::new(Faulty::new(false)));
    let mut groups = vec![];
    let directory = Directory::open(&disk, path).ok()?;
    let replay = |_, records: bytes::Bytes| {
        groups.push(records.to_vec());
        Ok(())
    };
    Log::open(directory, SEGMENT_BYTES, 1, replay).ok()?;
    Some(groups)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Frames as [`segments`] reads them.
    fn any_frames() -> impl Strategy<Value = Vec<u8>> {
        let frame = (0..20u8, prop::collection::vec(any::<u8>(), 0..100));
        let frame = frame.prop_map(|(off, payload)| {
            let off = if off < 18 { 0 } else { off - 17 };
            [&[off, payload.len() as u8][..], &payload].concat()
        });
        prop::collection::vec(frame, 0..8).prop_map(|frames| frames.concat())
    }

    proptest! {
        #[test]
        fn any_frame(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            frames(&bytes);
        }

        #[test]
        fn any_identity(node: u64, directory: u64, text in "(candor 1\n)?[a-z0-9 \n]{0,40}") {
            let identity = Identity { node, directory };
            assert_eq!(Identity::parse(&identity.text()), Some(identity));
            identities(identity.text().as_bytes());
            identities(text.as_bytes());
        }

        #[test]
        fn any_segment(head: [u8; 3], frames in any_frames(), rest: Vec<u8>) {
            segments(&[&head[..], &frames, &rest].concat());
        }
    }
}
