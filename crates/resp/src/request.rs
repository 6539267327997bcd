//! One request of a client: its arguments, the name of the command first.

use std::ops::{Index, Range};
use std::sync::Arc;

use bytes::Bytes;

/// Spans kept for the next request; what a giant request needed beyond that is given back.
const SPANS_KEPT_MAX: usize = 1024;

/// The arguments of one request, the name of the command first. Never empty when a
/// [`Parser`](crate::Parser) hands it out.
///
/// The arguments lie in a frame that shares the receive buffer, so a request costs no allocation
/// of its own. Of a long request, what came first lies in pieces that were taken off the buffer, so
/// that nothing long is ever moved. Invariant: every span lies inside its frame once the request is
/// complete.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// What lies before the frame.
    pieces: Vec<Piece>,
    /// The bytes of all pieces.
    pieces_bytes: usize,
    /// The memory that they take: a piece keeps the buffer that it was read into.
    pieces_held: usize,
    frame: Bytes,
    spans: Vec<Span>,
}

/// A part of a long request.
#[derive(Clone, Debug)]
struct Piece {
    frame: Bytes,
    spans: Arc<[Span]>,
}

/// Where in its frame an argument lies. 32 bits suffice: a request is limited to far less.
type Span = Range<u32>;

impl Request {
    /// A request made of these arguments, copied; for tests and tools.
    pub fn new<A: AsRef<[u8]>>(arguments: impl IntoIterator<Item = A>) -> Request {
        let mut frame = vec![];
        let mut request = Request::default();
        for argument in arguments {
            let start = frame.len();
            frame.extend_from_slice(argument.as_ref());
            request.push(start, frame.len());
        }
        request.complete(frame.into());
        request
    }

    /// How many arguments, the name of the command included.
    pub fn len(&self) -> usize {
        self.pieces.iter().map(|piece| piece.spans.len()).sum::<usize>() + self.spans.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.spans.is_empty()
    }

    /// The argument at this place, 0 being the name of the command.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let (frame, span) = self.find(place)?;
        Some(&frame[span])
    }

    /// All arguments in order, the name of the command first.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        let pieces = self.pieces.iter().map(|piece| (&piece.frame, &piece.spans[..]));
        pieces
            .chain([(&self.frame, &self.spans[..])])
            .flat_map(|(frame, spans)| spans.iter().map(|span| &frame[wide(span)]))
    }

    /// Whether an argument is longer than this. What is short as a whole is not looked through.
    pub fn has_longer(&self, bytes: usize) -> bool {
        let any = |frame: &Bytes, spans: &[Span]| {
            frame.len() > bytes && spans.iter().any(|span| span.len() > bytes)
        };
        any(&self.frame, &self.spans)
            || self.pieces.iter().any(|piece| any(&piece.frame, &piece.spans))
    }

    /// The pieces in which a long request came, to be kept beyond it: bytes, and where in them
    /// arguments lie, the name of the command first. Nothing is copied. `None`: it came in one, and
    /// [`Request::iter`] copies little.
    pub fn pieces(&self) -> Option<impl Iterator<Item = (Bytes, Arc<[Range<u32>]>)>> {
        let last = || (self.frame.clone(), self.spans[..].into());
        let pieces = self.pieces.iter().map(|piece| (piece.frame.clone(), piece.spans.clone()));
        (!self.pieces.is_empty()).then(|| pieces.chain(std::iter::once_with(last)))
    }

    /// The argument at this place, to be kept beyond the request. It is not copied: it keeps the
    /// whole receive buffer alive, so who means to keep it for long (a store) copies it then.
    ///
    /// # Panics
    /// If there is no such argument.
    pub fn bytes(&self, place: usize) -> Bytes {
        let (frame, span) = self.find(place).expect("there is such an argument");
        frame.slice(span)
    }

    /// The memory that it takes while its arguments are kept by [`Request::bytes`]: the frame, and
    /// a handle for each.
    pub fn kept_bytes(&self) -> usize {
        self.pieces_held + self.frame.len() + self.len() * size_of::<Bytes>()
    }

    /// The memory that it takes while it is not complete, beside the buffer.
    pub(crate) fn held_bytes(&self) -> usize {
        let spans: usize = self.pieces.iter().map(|piece| piece.spans.len()).sum();
        self.pieces_held + (spans + self.spans.capacity()) * size_of::<Span>()
    }

    /// The frame of an argument, and where it lies there.
    #[inline]
    fn find(&self, mut place: usize) -> Option<(&Bytes, Range<usize>)> {
        for piece in &self.pieces {
            match piece.spans.get(place) {
                Some(span) => return Some((&piece.frame, wide(span))),
                None => place -= piece.spans.len(),
            }
        }
        Some((&self.frame, wide(self.spans.get(place)?)))
    }

    /// Notes an argument of the frame that is being read.
    pub(crate) fn push(&mut self, start: usize, end: usize) {
        let narrow = |place| u32::try_from(place).expect("a request is shorter than 4 GiB");
        self.spans.push(narrow(start)..narrow(end));
    }

    /// The arguments noted so far lie in this piece, which keeps so much memory; those to come, in
    /// what follows it.
    pub(crate) fn cut(&mut self, frame: Bytes, held: usize) {
        self.pieces_bytes += frame.len();
        self.pieces_held += held;
        self.pieces.push(Piece { frame, spans: self.spans[..].into() });
        self.spans.clear();
    }

    /// The bytes of all pieces that were cut.
    pub(crate) fn cut_bytes(&self) -> usize {
        self.pieces_bytes
    }

    /// All arguments are noted and this is what they lie in.
    pub(crate) fn complete(&mut self, frame: Bytes) {
        self.frame = frame;
    }

    /// Forgets the request, so that its buffer can be used again.
    pub(crate) fn clear(&mut self) {
        self.frame = Bytes::new();
        if !self.pieces.is_empty() {
            (self.pieces, self.pieces_bytes, self.pieces_held) = (vec![], 0, 0);
        }
        self.spans.clear();
        if self.spans.capacity() > SPANS_KEPT_MAX {
            self.spans.shrink_to(SPANS_KEPT_MAX);
        }
    }
}

impl Index<usize> for Request {
    type Output = [u8];

    fn index(&self, place: usize) -> &[u8] {
        let (frame, span) = self.find(place).expect("there is such an argument");
        &frame[span]
    }
}

#[inline]
fn wide(span: &Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
