//! One request of a client: its arguments, the name of the command first.

use std::ops::Index;

use bytes::Bytes;

/// Spans kept for the next request; what a giant request needed beyond that is given back.
const SPANS_KEPT_MAX: usize = 1024;

/// The arguments of one request, the name of the command first. Never empty when a
/// [`Parser`](crate::Parser) hands it out.
///
/// The arguments lie in one frame that shares the receive buffer, so a request costs no allocation
/// of its own. Invariant: every span lies inside the frame once the request is complete.
#[derive(Clone, Debug, Default)]
pub struct Request {
    frame: Bytes,
    spans: Vec<Span>,
}

/// Where in the frame an argument lies. 32 bits suffice: a request is limited to far less.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

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
        self.spans.len()
    }

    /// How many bytes it took on its way, all that stands between the arguments included.
    pub fn size(&self) -> usize {
        self.frame.len()
    }

    /// Whether there is not even a name.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at this place, 0 being the name of the command.
    pub fn get(&self, place: usize) -> Option<&[u8]> {
        let span = self.spans.get(place)?;
        Some(&self.frame[span.start as usize..span.end as usize])
    }

    /// All arguments in order, the name of the command first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.spans.iter().map(|span| &self.frame[span.start as usize..span.end as usize])
    }

    /// The argument at this place, to be kept beyond the request. It is not copied: it keeps the
    /// whole receive buffer alive, so who means to keep it for long (a store) copies it then.
    ///
    /// # Panics
    /// If there is no such argument.
    pub fn bytes(&self, place: usize) -> Bytes {
        let span = self.spans[place];
        self.frame.slice(span.start as usize..span.end as usize)
    }

    /// The memory that it takes while its arguments are kept by [`Request::bytes`]: the frame, and a handle for each.
    pub fn kept_bytes(&self) -> usize {
        self.frame.len() + self.spans.len() * size_of::<Bytes>()
    }

    /// The memory that the places of its arguments take.
    pub(crate) fn places_bytes(&self) -> usize {
        self.spans.capacity() * size_of::<Span>()
    }

    /// Notes an argument of the frame that is being read.
    pub(crate) fn push(&mut self, start: usize, end: usize) {
        let narrow = |place| u32::try_from(place).expect("a request is shorter than 4 GiB");
        self.spans.push(Span { start: narrow(start), end: narrow(end) });
    }

    /// All arguments are noted and this is what they lie in.
    pub(crate) fn complete(&mut self, frame: Bytes) {
        self.frame = frame;
    }

    /// Forgets the request, so that its buffer can be used again.
    pub(crate) fn clear(&mut self) {
        self.frame = Bytes::new();
        self.spans.clear();
        if self.spans.capacity() > SPANS_KEPT_MAX {
            self.spans.shrink_to(SPANS_KEPT_MAX);
        }
    }
}

impl Index<usize> for Request {
    type Output = [u8];

    fn index(&self, place: usize) -> &[u8] {
        let span = self.spans[place];
        &self.frame[span.start as usize..span.end as usize]
    }
}
