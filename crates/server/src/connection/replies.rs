//! The replies of one connection, put back into the order of its requests.

use std::collections::VecDeque;

use node::{Certificate, MergedPosition, Reply, RequestId};
use resp::Protocol;

use crate::client::render;
use crate::zmq::Return;

/// Requests of one connection that may be unanswered; beyond that nothing more is read from it.
const ASKED_MAX: usize = 10_000;
/// Bytes of unanswered requests and unsent replies; beyond that nothing more is read from it. So much
/// may a client ask before it begins to read: many send a whole pipeline first.
const HELD_BYTES_MAX: usize = 64 << 20;
/// What a slot takes besides the bytes that it stands for.
const SLOT_BYTES: usize = size_of::<Slot>();
/// Replies are written out in full only up to about this many bytes ahead of the socket: until then
/// they share their values with the store.
const AHEAD_BYTES: usize = 256 << 10;
/// Buffer space that an idle connection keeps.
const BUFFER_BYTES_KEPT: usize = 64 << 10;

/// In which form a reply goes out.
#[derive(Debug)]
pub(crate) enum Form {
    /// In RESP, in the protocol that was spoken when it was asked for.
    Resp(Protocol),
    /// In ZMTP, to this place.
    Zmq(Box<Return>),
}

impl From<Protocol> for Form {
    fn from(protocol: Protocol) -> Form {
        Form::Resp(protocol)
    }
}

impl From<Return> for Form {
    fn from(back: Return) -> Form {
        Form::Zmq(back.into())
    }
}

impl Form {
    /// Bytes that it takes besides its place.
    fn bytes(&self) -> usize {
        match self {
            Form::Resp(_) => 0,
            Form::Zmq(back) => back.bytes(),
        }
    }

    fn render(&self, reply: &Reply, certificate: Option<&Certificate>, out: &mut Vec<u8>) {
        match self {
            Form::Resp(protocol) => render(*protocol, reply, certificate, out),
            Form::Zmq(back) => back.render(reply, out),
        }
    }
}

/// The replies that a connection is owed.
///
/// Invariants: `slots` are the requests from number `first` on, without gaps; what is in `out` comes
/// before them; the front of `slots` is unanswered, or `out` is full.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    first: u64,
    slots: VecDeque<Slot>,
    /// Replies as bytes.
    out: Vec<u8>,
    /// How much of `out` is sent.
    sent: usize,
    /// How many slots are unanswered.
    asked: usize,
    /// Bytes that the slots take or stand for.
    held_bytes: usize,
}

/// A request whose reply is not in `out` yet.
#[derive(Debug)]
enum Slot {
    /// The node has it; so many bytes were asked.
    Asked(Form, usize),
    /// The node has answered, and an earlier one is not answered.
    Answered(Form, Reply, Option<Box<Certificate>>),
    /// Answered without the node.
    Local(Box<[u8]>),
}

impl Slot {
    fn bytes(&self) -> usize {
        SLOT_BYTES
            + match self {
                Slot::Asked(_, bytes) => *bytes,
                Slot::Answered(form, reply, certificate) => {
                    let value = if let Reply::Value(value) = reply { value.len() } else { 0 };
                    form.bytes() + value + certificate.as_deref().map_or(0, certificate_bytes)
                }
                Slot::Local(bytes) => bytes.len(),
            }
    }
}

fn certificate_bytes(certificate: &Certificate) -> usize {
    let places = match certificate {
        Certificate::Agreed { .. } => 0,
        Certificate::Merged { position, .. } => position.len(),
    };
    size_of::<Certificate>() + places * size_of::<MergedPosition>()
}

impl Replies {
    /// A number for a request of this many bytes that goes to the node.
    pub(super) fn ask(&mut self, form: impl Into<Form>, bytes: usize) -> RequestId {
        let id = self.first + self.slots.len() as u64;
        self.asked += 1;
        self.push(Slot::Asked(form.into(), bytes));
        RequestId(id)
    }

    /// Takes what answers no request, so that it goes out before what waits for an answer.
    pub(crate) fn aside(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.out);
    }

    /// Takes a reply that `write` appends at once, and puts it in its place.
    pub(crate) fn reply<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        if self.slots.is_empty() {
            return write(&mut self.out);
        }
        let mut bytes = vec![];
        let result = write(&mut bytes);
        if !bytes.is_empty() {
            self.push(Slot::Local(bytes.into()));
        }
        result
    }

    fn push(&mut self, slot: Slot) {
        self.held_bytes += slot.bytes();
        self.slots.push_back(slot);
    }

    /// Takes the node's reply to one request. A second reply to the same request is a bug of the node.
    pub(super) fn answer(
        &mut self,
        id: RequestId,
        reply: Reply,
        certificate: Option<Box<Certificate>>,
    ) {
        let place = id.0.checked_sub(self.first).expect("a request is answered once");
        let slot = self.slots.get_mut(place as usize).expect("an answer follows its question");
        self.held_bytes -= slot.bytes();
        let Slot::Asked(form, _) = std::mem::replace(slot, Slot::Local(Box::default())) else {
            panic!("request {id:?} is answered twice")
        };
        self.asked -= 1;
        if place == 0 && self.out.len() < AHEAD_BYTES {
            form.render(&reply, certificate.as_deref(), &mut self.out);
            self.slots.pop_front();
            self.first += 1;
            self.advance();
        } else {
            *slot = Slot::Answered(form, reply, certificate);
            self.held_bytes += slot.bytes();
        }
    }

    /// Writes out what is answered at the front, as far as there is room.
    fn advance(&mut self) {
        while self.out.len() < AHEAD_BYTES {
            match self.slots.front() {
                Some(Slot::Answered(form, reply, certificate)) => {
                    form.render(reply, certificate.as_deref(), &mut self.out);
                }
                Some(Slot::Local(bytes)) => self.out.extend_from_slice(bytes),
                Some(Slot::Asked(..)) | None => return,
            }
            if let Some(slot) = self.slots.pop_front() {
                self.held_bytes -= slot.bytes();
                self.first += 1;
            }
        }
    }

    /// What is to be sent next.
    pub(super) fn unsent(&self) -> &[u8] {
        &self.out[self.sent..]
    }

    /// So many bytes of it are sent.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.sent += bytes;
        assert!(self.sent <= self.out.len(), "no more is sent than there is");
        if self.sent == self.out.len() {
            self.out.clear();
            self.out.shrink_to(BUFFER_BYTES_KEPT);
            self.sent = 0;
            self.advance();
        }
    }

    /// Whether nothing is owed any more.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty() && self.out.is_empty()
    }

    /// Whether nothing more may be asked until something is answered and sent.
    pub(super) fn is_full(&self) -> bool {
        self.asked >= ASKED_MAX || self.held_bytes + self.out.len() - self.sent >= HELD_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: Protocol = Protocol::Resp2;

    fn take(replies: &mut Replies) -> String {
        let text = String::from_utf8(replies.unsent().to_vec()).unwrap();
        replies.sent(text.len());
        text
    }

    #[test]
    fn replies_go_out_in_the_order_of_the_requests() {
        let mut replies = Replies::default();
        replies.reply(|out| out.extend(b"+first\r\n"));
        let a = replies.ask(TWO, 10);
        let b = replies.ask(Protocol::Resp3, 10);
        replies.reply(|out| out.extend(b"+PONG\r\n"));
        let c = replies.ask(TWO, 10);
        assert_eq!(take(&mut replies), "+first\r\n");
        replies.answer(b, Reply::Nil, None);
        replies.answer(c, Reply::Integer(3), None);
        assert_eq!(take(&mut replies), "");
        replies.answer(a, Reply::Ok, None);
        assert_eq!(take(&mut replies), "+OK\r\n_\r\n+PONG\r\n:3\r\n");
        assert!(replies.is_empty());
        assert_eq!(replies.held_bytes, 0);
    }

    #[test]
    fn what_answers_nothing_waits_for_no_answer() {
        let mut replies = Replies::default();
        replies.reply(|out| out.extend(b"+first\r\n"));
        let a = replies.ask(TWO, 10);
        replies.aside(|out| out.extend(b"(pong)"));
        assert_eq!(take(&mut replies), "+first\r\n(pong)");
        replies.answer(a, Reply::Ok, None);
        replies.aside(|out| out.extend(b"(pong)"));
        assert_eq!(take(&mut replies), "+OK\r\n(pong)");
    }

    #[test]
    fn a_certificate_keeps_with_its_reply() {
        let mut replies = Replies::default();
        let a = replies.ask(Protocol::Resp3, 10);
        let b = replies.ask(Protocol::Resp3, 10);
        let at = |index, by| {
            let position = node::AgreedPosition { index, offset: 0 };
            Some(Box::new(Certificate::Agreed { position, by }))
        };
        replies.answer(b, Reply::Nil, at(2, Some(None)));
        replies.answer(a, Reply::Ok, at(1, None));
        assert_eq!(
            take(&mut replies),
            "|1\r\n$8\r\nposition\r\n$5\r\n[1,0]\r\n+OK\r\n\
             |2\r\n$8\r\nposition\r\n$5\r\n[2,0]\r\n$2\r\nby\r\n$4\r\nnull\r\n_\r\n"
        );
        assert_eq!(replies.held_bytes, 0);
    }

    #[test]
    fn many_or_long_requests_fill_it() {
        let mut replies = Replies::default();
        for _ in 0..ASKED_MAX {
            assert!(!replies.is_full());
            replies.ask(TWO, 1);
        }
        assert!(replies.is_full());
        replies.answer(RequestId(0), Reply::Ok, None);
        assert!(!replies.is_full());
        replies.ask(TWO, HELD_BYTES_MAX);
        assert!(replies.is_full());
    }

    #[test]
    fn long_values_wait_outside_the_buffer() {
        let mut replies = Replies::default();
        let value = bytes::Bytes::from(vec![b'v'; 1 << 20]);
        let asked: Vec<_> = (0..65).map(|_| replies.ask(TWO, 0)).collect();
        for id in asked {
            replies.answer(id, Reply::Value(value.clone()), None);
        }
        assert!(replies.is_full());
        assert!(replies.out.len() < 2 << 20, "one value is over the mark");
        let mut total = 0;
        while !replies.is_empty() {
            let part = replies.unsent().len().min(300_000);
            replies.sent(part);
            total += part;
        }
        assert_eq!(total, 65 * ((1 << 20) + "$1048576\r\n\r\n".len()));
        assert_eq!(replies.held_bytes, 0);
        assert!(replies.out.capacity() <= BUFFER_BYTES_KEPT);
    }

    #[test]
    #[should_panic(expected = "answered twice")]
    fn a_second_answer_is_a_bug() {
        let mut replies = Replies::default();
        let _ = replies.ask(TWO, 0);
        let b = replies.ask(TWO, 0);
        replies.answer(b, Reply::Ok, None);
        replies.answer(b, Reply::Ok, None);
    }
}
