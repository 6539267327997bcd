//! The arguments of a command, without its name: as they came, and as the log and messages have
//! them.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::wire::codec::{Malformed, Reader, put_bytes, put_uint};

/// A request as it came, the name of the command first. Never empty.
pub trait Request {
    /// How many arguments there are, the name included.
    fn count(&self) -> usize;
    /// The argument at this place, which there is.
    fn get(&self, place: usize) -> &[u8];
    /// The same, to be kept; it may keep the whole of the buffer that it lies in.
    fn bytes(&self, place: usize) -> Bytes;
    /// The pieces in which a long request came: bytes that hold little else, and where in them
    /// arguments lie. `None`: it came in one.
    fn pieces(&self) -> Option<Vec<Piece>>;
}

impl Request for Vec<Bytes> {
    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, place: usize) -> &[u8] {
        &self[place]
    }

    fn bytes(&self, place: usize) -> Bytes {
        self[place].clone()
    }

    fn pieces(&self) -> Option<Vec<Piece>> {
        None
    }
}

/// A piece of a long request: its bytes, and where in them arguments lie.
pub type Piece = (Bytes, Arc<[Range<u32>]>);

/// The arguments of a command, in the form that its row checked. Most commands have one or two;
/// very many are taken over in the pieces in which they came, without a copy.
#[derive(Clone, Debug)]
pub(crate) enum Arguments {
    One(Bytes),
    Two(Bytes, Bytes),
    Few(Box<[Bytes]>),
    Many(Pieces),
}

/// Arguments in the pieces in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pieces {
    count: usize,
    size: usize,
    pieces: Vec<Piece>,
}

/// So many arguments have each a handle of their own.
const FEW: usize = 8;

impl Arguments {
    /// All arguments of a request behind its name.
    pub(crate) fn of(request: &dyn Request) -> Arguments {
        match request.count() {
            2 => Arguments::One(request.bytes(1)),
            3 => Arguments::Two(request.bytes(1), request.bytes(2)),
            count if count <= FEW => {
                Arguments::Few((1..count).map(|place| request.bytes(place)).collect())
            }
            count => match request.pieces() {
                Some(mut pieces) => {
                    // The first is the name of the command.
                    let (bytes, places) = pieces.remove(0);
                    pieces.insert(0, (bytes, places[1..].into()));
                    Arguments::Many(Pieces::of(pieces))
                }
                None => Arguments::copied((1..count).map(|place| request.get(place))),
            },
        }
    }

    /// A copy of these, in one piece.
    ///
    /// # Panics
    /// If they take 4 GiB or more.
    pub(crate) fn copied<K: AsRef<[u8]>>(all: impl IntoIterator<Item = K>) -> Arguments {
        let (mut bytes, mut places) = (vec![], vec![]);
        let narrow = |place| u32::try_from(place).expect("arguments that are copied are short");
        for one in all {
            let start = narrow(bytes.len());
            bytes.extend_from_slice(one.as_ref());
            places.push(start..narrow(bytes.len()));
        }
        Arguments::Many(Pieces::of([(bytes.into(), places.into())]))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Arguments::One(_) => 1,
            Arguments::Two(..) => 2,
            Arguments::Few(all) => all.len(),
            Arguments::Many(pieces) => pieces.count,
        }
    }

    /// The argument at this place, which there is.
    pub(crate) fn get(&self, place: usize) -> &[u8] {
        match (self, place) {
            (Arguments::One(one), 0) => one,
            (Arguments::Two(first, _), 0) => first,
            (Arguments::Two(_, second), 1) => second,
            (Arguments::Few(all), place) => &all[place],
            (_, place) => self.iter().nth(place).expect("there is such an argument"),
        }
    }

    /// All of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let (first, second, few, pieces) = match self {
            Arguments::One(one) => (Some(one), None, &[][..], None),
            Arguments::Two(first, second) => (Some(first), Some(second), &[][..], None),
            Arguments::Few(all) => (None, None, &all[..], None),
            Arguments::Many(pieces) => (None, None, &[][..], Some(pieces)),
        };
        let some = first.into_iter().chain(second).chain(few).map(|one| &one[..]);
        some.chain(pieces.into_iter().flat_map(Pieces::iter))
    }

    /// How many bytes they take as the log and messages have them, near enough.
    pub(crate) fn size(&self) -> usize {
        match self {
            Arguments::One(one) => one.len() + 1,
            Arguments::Two(first, second) => first.len() + second.len() + 2,
            Arguments::Many(pieces) => pieces.size,
            _ => self.iter().map(|one| one.len() + 1).sum(),
        }
    }

    /// The same with bytes that `copy` makes of each; many are in pieces of their own already.
    pub(crate) fn copied_by(&self, mut copy: impl FnMut(&[u8]) -> Bytes) -> Arguments {
        match self {
            Arguments::One(one) => Arguments::One(copy(one)),
            Arguments::Two(first, second) => Arguments::Two(copy(first), copy(second)),
            Arguments::Few(all) => Arguments::Few(all.iter().map(|one| copy(one)).collect()),
            Arguments::Many(pieces) => Arguments::Many(pieces.clone()),
        }
    }

    /// Appends how many there are, and each behind its length.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_uint(out, self.len() as u64);
        match self {
            // The straight way of what is asked a million times a second.
            Arguments::Two(first, second) => {
                put_bytes(out, first);
                put_bytes(out, second);
            }
            others => others.iter().for_each(|one| put_bytes(out, one)),
        }
    }

    /// Those from a point on, to the end of the piece in which it lies; and the point behind them.
    pub(crate) fn part(&self, from: Point, most: usize) -> (Vec<&[u8]>, Point) {
        let Arguments::Many(pieces) = self else {
            return (self.iter().collect(), Point { piece: 1, place: 0 });
        };
        let Some((bytes, places)) = pieces.pieces.get(from.piece) else { return (vec![], from) };
        let left = &places[from.place..];
        let behind = match left.len() <= most {
            true => Point { piece: from.piece + 1, place: 0 },
            false => Point { place: from.place + most, ..from },
        };
        let part = left.iter().take(most).map(|place| &bytes[wide(place)]);
        (part.collect(), behind)
    }

    /// Whether none is left from this point on.
    pub(crate) fn is_end(&self, point: Point) -> bool {
        let pieces = if let Arguments::Many(pieces) = self { pieces.pieces.len() } else { 1 };
        point.piece >= pieces
    }
}

impl Pieces {
    fn of(pieces: impl IntoIterator<Item = Piece>) -> Pieces {
        let mut all = Pieces::default();
        for piece in pieces {
            all.count += piece.1.len();
            all.size += piece.1.iter().map(|place| place.len() + 1).sum::<usize>();
            all.pieces.push(piece);
        }
        all
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces
            .iter()
            .flat_map(|(bytes, places)| places.iter().map(|place| &bytes[wide(place)]))
    }
}

fn wide(place: &Range<u32>) -> Range<usize> {
    place.start as usize..place.end as usize
}

impl PartialEq for Arguments {
    fn eq(&self, other: &Arguments) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for Arguments {}

/// A point between two arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Point {
    piece: usize,
    place: usize,
}

/// Arguments, borrowed from the bytes of a log or a message. Each is known to be whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Args<'a> {
    count: usize,
    bytes: &'a [u8],
}

impl<'a> Args<'a> {
    /// Reads what [`Arguments::encode`] wrote.
    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Args<'a>, Malformed> {
        let count = reader.count()?;
        let all = reader.rest();
        for _ in 0..count {
            reader.bytes()?;
        }
        Ok(Args { count, bytes: &all[..all.len() - reader.rest().len()] })
    }

    pub(crate) fn len(self) -> usize {
        self.count
    }

    /// How many bytes they take.
    pub(crate) fn size(self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u8]> + Clone {
        let mut reader = Reader::new(self.bytes);
        let whole = "arguments are whole since they were read";
        std::iter::from_fn(move || (!reader.is_empty()).then(|| reader.bytes().expect(whole)))
    }

    /// The first so many, which there are.
    #[inline]
    pub(crate) fn first<const N: usize>(self) -> [&'a [u8]; N] {
        let mut reader = Reader::new(self.bytes);
        let there = "a row checks how many arguments there are";
        std::array::from_fn(|_| reader.bytes().expect(there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(pieces: &[&'static [Range<u32>]]) -> Arguments {
        let frame = Bytes::from_static(b"$1\r\na\r\n$0\r\n\r\n");
        Arguments::Many(Pieces::of(pieces.iter().map(|places| (frame.clone(), (*places).into()))))
    }

    #[test]
    fn arguments_come_back() {
        let arguments = Arguments::copied(["a", "", "a"]);
        assert_eq!((arguments.len(), arguments.get(2)), (3, &b"a"[..]));
        let mut bytes = vec![];
        arguments.encode(&mut bytes);
        let mut reader = Reader::new(&bytes);
        let args = Args::read(&mut reader).unwrap();
        assert_eq!((args.len(), args.first(), reader.end()), (3, [&b"a"[..], b""], Ok(())));
        assert!(args.iter().eq(arguments.iter()));
        for end in 0..bytes.len() {
            assert_eq!(Args::read(&mut Reader::new(&bytes[..end])), Err(Malformed), "cut at {end}");
        }
    }

    #[test]
    fn arguments_in_pieces_are_the_same() {
        let arguments = pieces(&[&[4..5, 11..11], &[], &[11..11, 4..5]]);
        assert_eq!(arguments, Arguments::copied(["a", "", "", "a"]));
        assert_ne!(arguments, Arguments::copied(["a", "", "", "b"]));
        let few = ["a", "", "", "a"].map(Bytes::from);
        assert_eq!(arguments, Arguments::Few(few.into()));
        for most in 1..5 {
            let (mut all, mut point) = (vec![], Point::default());
            while !arguments.is_end(point) {
                let (part, behind) = arguments.part(point, most);
                all.extend(part);
                point = behind;
            }
            assert!(all.into_iter().eq(arguments.iter()), "{most} at a time");
        }
    }
}
