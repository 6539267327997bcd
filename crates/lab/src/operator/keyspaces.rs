//! Which scans see all keys that fit a pattern: in Candor a scan sees the keys of one keyspace.

use resp::Value;

use super::error::Failure;
use super::link::Link;
use super::pattern::{beginning_with, literal};

/// A scan, by the pattern that it names; what it sees must fit the asked pattern besides.
pub(super) type Pattern = Vec<u8>;

/// The scans that see all keys of this server that fit.
pub(super) fn scans(link: &mut Link, pattern: &[u8]) -> Result<Vec<Pattern>, Failure> {
    let reply = link.ask(&["KEYSPACE", "LIST"])?;
    let told = prefixes(&reply).ok_or_else(|| link.unexpected("KEYSPACE LIST", &reply))?;
    Ok(scans_of(&told, pattern))
}

/// The prefixes of all keyspaces.
fn prefixes(reply: &Value) -> Option<Vec<Vec<u8>>> {
    let Value::Array(keyspaces) = reply else { return None };
    let prefix = |told: &Value| match told {
        Value::Array(words) => {
            let mut pairs = words.chunks_exact(2);
            let found = pairs.find(|pair| pair[0].as_bytes() == Some(b"prefix"));
            found.and_then(|pair| Some(pair[1].as_bytes()?.to_vec()))
        }
        _ => None,
    };
    keyspaces.iter().map(prefix).collect()
}

/// What to scan for where these prefixes are keyspaces: a keyspace inside the pattern has a scan of
/// its own, and so has the one that the pattern lies in.
fn scans_of(prefixes: &[Vec<u8>], pattern: &[u8]) -> Vec<Pattern> {
    let begins = literal(pattern);
    let around = prefixes.iter().filter(|prefix| begins.starts_with(prefix));
    let around = around.max_by_key(|prefix| prefix.len());
    let inside =
        prefixes.iter().filter(|prefix| prefix.starts_with(&begins) && Some(*prefix) != around);
    let inside = inside.map(|prefix| beginning_with(prefix));
    around.map(|_| pattern.to_vec()).into_iter().chain(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyspace_that_may_have_some_is_scanned_once() {
        let prefixes = ["", "cart:", "cart:hot:", "log[:"].map(|prefix| prefix.as_bytes().to_vec());
        let scans = |pattern: &str| {
            let scans = scans_of(&prefixes, pattern.as_bytes());
            scans.into_iter().map(|scan| String::from_utf8(scan).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(scans("*"), ["*", "cart:*", "cart:hot:*", "log\\[:*"]);
        assert_eq!(scans("c*7"), ["c*7", "cart:*", "cart:hot:*"]);
        assert_eq!(scans("cart:*"), ["cart:*", "cart:hot:*"]);
        assert_eq!(scans("cart:7"), ["cart:7"]);
        assert_eq!(scans("cart:hot:*"), ["cart:hot:*"]);
        assert_eq!(scans("user:*"), ["user:*"]);
    }

    #[test]
    fn keyspaces_are_read_as_they_are_told() {
        let word = |text: &'static str| Value::Bulk(text.into());
        let told =
            |prefix| Value::Array(vec![word("name"), word("x"), word("prefix"), word(prefix)]);
        let reply = Value::Array(vec![told(""), told("cart:")]);
        assert_eq!(prefixes(&reply), Some(vec![b"".to_vec(), b"cart:".to_vec()]));
        assert_eq!(prefixes(&Value::Array(vec![word("name")])), None);
    }
}
