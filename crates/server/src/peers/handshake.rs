//! The handshake: who dialled whom, in both directions before the first message.
//!
//! It only keeps apart what was never meant to meet: wrong addresses, other clusters, other
//! versions. Anybody can say it, so nothing is believed because of it; what a peer says counts once
//! the node has come to believe its start.

use node::NodeId;
use std::fmt;

const MAGIC: [u8; 8] = *b"CandorPr";
/// The version of what is said between members. (Nodes of the build before this one say it as well,
/// and know of no [`ANYONE`]: what only newer ones understand waits until all are such, see
/// `node/src/node/versions.rs`.)
const VERSION: u32 = 4;
/// Whoever is there: who dials an address of a cluster that it is to join knows no ids. No node has
/// this one.
pub(super) const ANYONE: NodeId = NodeId(0);
/// The length of what each end says.
pub(super) const BYTES: usize = 36;

/// Who speaks, and to whom it means to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Handshake {
    pub from: NodeId,
    /// [`ANYONE`]: whoever is there; the answer says who that is.
    pub to: NodeId,
    /// The cluster of who speaks; 0: it has not formed.
    pub cluster: u64,
}

/// Why whoever sent this is no peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stranger {
    /// It speaks something else.
    Foreign,
    /// It speaks another version.
    Version(u32),
}

impl Handshake {
    pub(super) fn encode(self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        bytes[0..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..20].copy_from_slice(&self.from.0.to_le_bytes());
        bytes[20..28].copy_from_slice(&self.to.0.to_le_bytes());
        bytes[28..36].copy_from_slice(&self.cluster.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8; BYTES]) -> Result<Handshake, Stranger> {
        if bytes[0..8] != MAGIC {
            return Err(Stranger::Foreign);
        }
        let u64_at = |at: usize| {
            u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are eight bytes"))
        };
        let (from, to, cluster) = (NodeId(u64_at(12)), NodeId(u64_at(20)), u64_at(28));
        match u64_at(8) as u32 {
            VERSION if from == ANYONE => Err(Stranger::Foreign),
            VERSION => Ok(Handshake { from, to, cluster }),
            version => Err(Stranger::Version(version)),
        }
    }

    /// Whether both ends are part of clusters, and of different ones.
    pub(super) fn is_of_another_cluster(&self, own: u64) -> bool {
        self.cluster != 0 && own != 0 && self.cluster != own
    }
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stranger::Foreign => f.write_str("it is not a Candor node"),
            Stranger::Version(version) => write!(
                f,
                "it speaks version {version} of the protocol between nodes, and this node version \
                 {VERSION}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshakes_are_read_back() {
        let handshake = Handshake { from: NodeId(1), to: NodeId(u64::MAX), cluster: 1 << 63 };
        let bytes = handshake.encode();
        assert_eq!(Handshake::decode(&bytes), Ok(handshake));
        let mut other = bytes;
        other[8] = 9;
        assert_eq!(Handshake::decode(&other), Err(Stranger::Version(9)));
        other[0] = b'*';
        assert_eq!(Handshake::decode(&other), Err(Stranger::Foreign));
        let nobody = Handshake { from: ANYONE, ..handshake }.encode();
        assert_eq!(Handshake::decode(&nobody), Err(Stranger::Foreign), "no node has this id");
    }

    #[test]
    fn clusters_that_have_formed_are_kept_apart() {
        let handshake = |cluster| Handshake { from: NodeId(1), to: NodeId(2), cluster };
        let apart = |one, other| handshake(one).is_of_another_cluster(other);
        assert_eq!(
            [apart(7, 8), apart(7, 7), apart(0, 7), apart(7, 0)],
            [true, false, false, false]
        );
    }
}
