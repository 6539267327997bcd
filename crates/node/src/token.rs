//! A token: where a session stands, in a form that a client can carry to another node.
//!
//! It has a floor in each order: what another node must have applied before the session goes on
//! there. What the session never touched has none, so a session on merged keyspaces needs nothing
//! of the agreed log. As bytes:
//!
//! ```text
//! version │ cluster │ epoch │ index, offset │ replica, boot, index of each │ checksum
//! ```

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ids::Index;
use crate::position::AgreedPosition;
use crate::wire::codec::{Malformed, Reader, put_uint};
use crate::wire::version_vector::VersionVector;

/// The form of the bytes.
const VERSION: u64 = 1;
/// No token of a cluster of a hundred members is longer.
const TEXT_MAX: usize = 2048;
const CHECKSUM_BYTES: usize = 4;

/// Where a session stands.
///
/// - It only grows: [`Token::merge`] takes the greater place everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    pub(crate) cluster: u64,
    pub(crate) epoch: u64,
    /// The last write that was applied; index 0: the session never touched the agreed log.
    pub(crate) agreed: AgreedPosition,
    /// What was applied of the merged logs; empty: the session never touched them.
    pub(crate) merged: VersionVector,
}

impl Token {
    /// Reads what its [`Display`](fmt::Display) wrote; `None`: it is no token, or was changed.
    pub fn parse(text: &[u8]) -> Option<Token> {
        if text.len() > TEXT_MAX {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
        (sum == checksum(body)).then(|| Token::decode(body).ok()).flatten()
    }

    fn decode(body: &[u8]) -> Result<Token, Malformed> {
        let mut reader = Reader::new(body);
        if reader.uint()? != VERSION {
            return Err(Malformed);
        }
        let (cluster, epoch) = (reader.fixed()?, reader.number()?);
        let index = Index(reader.number()?);
        let offset = u32::try_from(reader.uint()?).map_err(|_| Malformed)?;
        let merged = VersionVector::decode(&mut reader)?;
        reader.end()?;
        Ok(Token { cluster, epoch, agreed: AgreedPosition { index, offset }, merged })
    }

    /// The floor of a session that is at all of these places; `None`: they are of different
    /// clusters or epochs, which have no order among them.
    pub fn merge(tokens: impl IntoIterator<Item = Token>) -> Option<Token> {
        let mut tokens = tokens.into_iter();
        let mut floor = tokens.next()?;
        for token in tokens {
            if mutant!(
                EpochsMerged,
                (token.cluster, token.epoch) != (floor.cluster, floor.epoch),
                token.cluster != floor.cluster
            ) {
                return None;
            }
            floor.agreed = floor.agreed.max(token.agreed);
            floor.merged.join(&token.merged);
        }
        Some(floor)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![];
        put_uint(&mut bytes, VERSION);
        crate::wire::codec::put_fixed(&mut bytes, self.cluster);
        put_uint(&mut bytes, self.epoch);
        put_uint(&mut bytes, self.agreed.index.0);
        put_uint(&mut bytes, u64::from(self.agreed.offset));
        self.merged.encode(&mut bytes);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

/// Against slips of whoever copies it, not against forgers.
fn checksum(body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    (xxhash_rust::xxh3::xxh3_64(body) as u32).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, NodeId};
    use crate::wire::version_vector::Place;

    fn token(index: u64, replicas: impl IntoIterator<Item = (u64, u64, u64)>) -> Token {
        let place = |(replica, boot, index)| {
            (NodeId(replica), Place { boot: Boot(boot), index: Index(index) })
        };
        Token {
            cluster: 0xfeed_beef_0102_0304,
            epoch: 1,
            agreed: AgreedPosition { index: Index(index), offset: 3 },
            merged: replicas.into_iter().map(place).collect(),
        }
    }

    #[test]
    fn a_token_is_short_and_comes_back() {
        let seven = token(1 << 34, (1..=7).map(|replica| (replica, 300, 1 << 34)));
        let text = seven.to_string();
        assert!(text.len() < 120, "{} bytes", text.len());
        assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(Token::parse(text.as_bytes()), Some(seven));
        assert_eq!(Token::parse(token(0, []).to_string().as_bytes()), Some(token(0, [])));
    }

    #[test]
    fn what_was_changed_or_cut_is_no_token() {
        let text = token(70_000, [(1, 2, 3), (2, 1, 9)]).to_string().into_bytes();
        for place in 0..text.len() {
            let mut changed = text.clone();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(Token::parse(&changed), None, "at {place}");
            assert_eq!(Token::parse(&text[..place]), None, "cut at {place}");
        }
        assert_eq!(Token::parse(b""), None);
        assert_eq!(Token::parse(&vec![b'A'; 1 << 20]), None);
    }

    #[test]
    fn a_merge_takes_the_greater_place_everywhere() {
        let (a, b) = (token(7, [(1, 2, 3), (2, 1, 9)]), token(5, [(1, 1, 8), (3, 1, 1)]));
        let both = Token::merge([a.clone(), b.clone()]).unwrap();
        assert_eq!(both, token(7, [(1, 2, 3), (2, 1, 9), (3, 1, 1)]));
        assert_eq!(Token::merge([b, a]), Some(both));
    }

    #[test]
    fn tokens_of_other_clusters_and_epochs_are_not_merged() {
        let later = Token { epoch: 2, ..token(7, []) };
        assert_eq!(Token::merge([token(1, []), later]), None);
        let other = Token { cluster: 1, ..token(7, []) };
        assert_eq!(Token::merge([token(1, []), other]), None);
        assert_eq!(Token::merge([]), None);
    }
}
