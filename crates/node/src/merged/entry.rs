//! An entry of a merged log: `[version, type, flags, …]`, and a turn's writes of one replica.

use bytes::Bytes;

use super::hlc;
use crate::commands::{self, Command, Write};
use crate::ids::{Boot, Index, NodeId};
use crate::limits::REMOVED_KEYS_MAX;
use crate::position::MergedPosition;
use crate::wire::codec::{Malformed, Reader, put_uint};
use crate::wire::version_vector::{Place, VersionVector};

/// The most keys that an entry of a sound replica writes: those of the greatest single command.
/// Older versions made greater ones, which are replayed from a log and taken from nobody.
pub(crate) const KEYS_MAX: usize = REMOVED_KEYS_MAX;

/// The version of this form.
const VERSION: u8 = 1;
/// The type of an entry of writes, the only one that there is.
const WRITES: u8 = 1;
/// No flag is known.
const FLAGS: u8 = 0;

/// What stands before the writes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) origin: NodeId,
    pub(crate) place: Place,
    /// The entry before it in its log. Within a boot that is the index before; the first entry of a
    /// boot names the last of the boots before, so who holds it holds them all.
    pub(crate) previous: Place,
    /// The clock of its stamps.
    pub(crate) clock: u64,
    /// What its replica had applied: it is applied only after that.
    pub(crate) after: VersionVector,
}

/// Encodes an entry; `writes` are `count` encoded writes.
pub(crate) fn encode(header: &Header, count: u64, writes: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(64 + writes.len());
    out.extend([VERSION, WRITES, FLAGS]);
    put_uint(&mut out, header.origin.0);
    header.place.encode(&mut out);
    header.previous.encode(&mut out);
    put_uint(&mut out, header.clock);
    header.after.encode(&mut out);
    put_uint(&mut out, count);
    out.extend_from_slice(writes);
    out.into()
}

fn header(reader: &mut Reader<'_>) -> Result<Header, Malformed> {
    if [reader.byte()?, reader.byte()?, reader.byte()?] != [VERSION, WRITES, FLAGS] {
        return Err(Malformed);
    }
    let header = Header {
        origin: NodeId(reader.uint()?),
        place: Place::decode(reader)?,
        previous: Place::decode(reader)?,
        clock: reader.uint()?,
        after: VersionVector::decode(reader)?,
    };
    let follows = header.previous < header.place
        && header.place.boot > Boot(0)
        && match header.place.index {
            Index(0) => false,
            Index(1) => header.previous.boot < header.place.boot,
            Index(index) => header.previous == (Place { index: Index(index - 1), ..header.place }),
        };
    // What depends on itself, or on what comes after it, can never be applied.
    let may_come = header.after.get(header.origin) <= header.previous;
    if follows && may_come { Ok(header) } else { Err(Malformed) }
}

/// The header of an entry whose every write can be read: what is kept can always be applied.
pub(crate) fn check(bytes: &[u8]) -> Result<Header, Malformed> {
    read(bytes).map(|(header, _)| header)
}

/// The header of an entry that came from a peer and that one turn can apply.
pub(crate) fn check_received(bytes: &[u8]) -> Result<Header, Malformed> {
    match read(bytes)? {
        (header, keys) if keys <= KEYS_MAX => Ok(header),
        _ => Err(Malformed),
    }
}

/// The header of an entry, and how many keys it writes.
fn read(bytes: &[u8]) -> Result<(Header, usize), Malformed> {
    let mut reader = Reader::new(bytes);
    let header = header(&mut reader)?;
    check_clock(&header)?;
    let count = reader.count()?;
    let mut keys = 0;
    for _ in 0..count {
        let write = commands::decode(&mut reader)?;
        // What looks at what is there has no meaning here: each replica would find something else.
        if !write.is_mergeable() {
            return Err(Malformed);
        }
        keys += write.keys();
    }
    reader.end()?;
    Ok((header, keys))
}

/// No stamp lies beyond the last one that the format knows: it would win for ever.
fn check_clock(header: &Header) -> Result<(), Malformed> {
    if hlc::is_in_format(header.clock) { Ok(()) } else { Err(Malformed) }
}

/// What the replica of an entry that was checked had applied when it made it, and the entry itself.
pub(crate) fn vector(bytes: &[u8]) -> VersionVector {
    let Header { origin, place, mut after, .. } =
        header(&mut Reader::new(bytes)).expect("an entry is checked before it is kept");
    after.advance(origin, place);
    after
}

/// What the replica of an entry that was checked had applied when it made it, and its entry before
/// that.
pub(crate) fn before(bytes: &[u8]) -> VersionVector {
    let Header { origin, previous, mut after, .. } =
        header(&mut Reader::new(bytes)).expect("an entry is checked before it is kept");
    if previous != Place::START {
        after.raise(origin, previous);
    }
    after
}

/// Calls `each` with the header, and the offset and write of everything in an entry that was
/// checked.
pub(crate) fn for_each<'a>(bytes: &'a [u8], mut each: impl FnMut(&Header, u32, Write<'a>)) {
    let checked = "an entry is checked before it is kept";
    let mut reader = Reader::new(bytes);
    let header = header(&mut reader).expect(checked);
    let count = reader.count().expect(checked);
    for offset in 0..count as u32 {
        each(&header, offset, commands::decode(&mut reader).expect(checked));
    }
}

/// An entry of a merged log, for who looks at it from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedEntry {
    /// Where it stands.
    pub at: MergedPosition,
    /// The entry before it in its log. What an earlier boot wrote behind that was lost.
    pub previous: MergedPosition,
    /// The clock of its stamps.
    pub clock: u64,
    /// What its replica had applied when it made it, per replica.
    pub after: Vec<MergedPosition>,
    /// What it does, in order.
    pub writes: Vec<Command>,
}

/// An entry that was checked, for who looks at it from outside.
pub(crate) fn shown(bytes: &[u8]) -> MergedEntry {
    let (mut header, mut writes) = (None, vec![]);
    for_each(bytes, |of, _, write| {
        header.get_or_insert_with(|| of.clone());
        writes.push(write.to_command());
    });
    let Header { origin, place, previous, clock, after } = header.expect("no entry is empty");
    let at = |(replica, Place { boot, index })| MergedPosition { replica, boot, index };
    let (previous, after) = (at((origin, previous)), after.iter().map(at).collect());
    MergedEntry { at: at((origin, place)), previous, clock, after, writes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Command;
    use crate::ids::KeyspaceId;

    fn encoded(words: &[&str]) -> Vec<u8> {
        let mut writes = vec![];
        let command = Command::of_words(words).unwrap();
        commands::encode(KeyspaceId::DEFAULT, &command, &mut writes);
        writes
    }

    fn place(boot: u64, index: u64) -> Place {
        Place { boot: Boot(boot), index: Index(index) }
    }

    fn with(at: Place, previous: Place) -> Header {
        let after = VersionVector::from_iter([(NodeId(2), place(1, 4))]);
        Header { origin: NodeId(1), place: at, previous, clock: 77, after }
    }

    #[test]
    fn entries_come_back() {
        let header = with(place(3, 1), place(2, 9));
        let writes = encoded(&["SET", "k", "v"]);
        let bytes = encode(&header, 1, &writes);
        assert_eq!(check(&bytes), Ok(header));
        for_each(&bytes, |_, offset, write| {
            assert_eq!((offset, write.name()), (0, "set"));
            assert_eq!(write.parts()[0].1.first(), [b"k", b"v"]);
        });
        for end in 0..bytes.len() {
            assert_eq!(check(&bytes[..end]), Err(Malformed), "cut at {end}");
        }
    }

    #[test]
    fn more_keys_than_a_turn_bears_are_replayed_and_taken_from_nobody() {
        let del = |keys: usize| {
            let mut writes = encoded(&["SET", "", ""]);
            writes.extend(encoded(&[&["DEL"], &vec!["k"; keys - 1][..]].concat()));
            let bytes = encode(&with(place(3, 1), place(2, 9)), 2, &writes);
            (check(&bytes).is_ok(), check_received(&bytes).is_ok())
        };
        assert_eq!([del(KEYS_MAX), del(KEYS_MAX + 1)], [(true, true), (true, false)]);
    }

    #[test]
    fn an_entry_that_depends_on_itself_or_on_what_follows_is_malformed() {
        let after = |own| {
            let after = VersionVector::from_iter([(NodeId(1), own)]);
            check(&encode(&Header { after, ..with(place(3, 1), place(2, 9)) }, 0, &[])).is_ok()
        };
        let own = [place(2, 8), place(2, 9), place(2, 10), place(3, 1), place(3, 2), place(4, 1)];
        assert_eq!(own.map(after), [true, true, false, false, false, false]);
    }

    #[test]
    fn an_entry_that_compares_is_malformed() {
        let writes = encoded(&["SET", "k", "v", "NX"]);
        let bytes = encode(&with(place(3, 1), place(2, 9)), 1, &writes);
        assert_eq!(check(&bytes), Err(Malformed));
    }

    #[test]
    fn an_entry_that_is_stamped_beyond_the_year_2199_is_malformed() {
        let year_2200 = 7_258_118_400_000 << 16;
        let check_at = |clock| {
            let header = Header { clock, ..with(place(3, 1), place(2, 9)) };
            check(&encode(&header, 0, &[])).map(|header| header.clock)
        };
        assert_eq!(check_at(year_2200 - 1), Ok(year_2200 - 1));
        for clock in [year_2200, u64::MAX] {
            assert_eq!(check_at(clock), Err(Malformed));
        }
    }

    #[test]
    fn places_that_cannot_follow_are_malformed() {
        for (at, previous) in [
            (place(1, 0), Place::START),
            (place(0, 1), Place::START),
            (place(2, 1), place(2, 0)),
            (place(2, 5), place(2, 3)),
            (place(2, 5), place(1, 4)),
        ] {
            assert_eq!(check(&encode(&with(at, previous), 0, &[])), Err(Malformed));
        }
    }
}
