//! The replies of one connection, put back into the order of its requests.

use std::collections::VecDeque;

use bytes::Bytes;
use node::{Certificate, MergedPosition, Reply, RequestId};
use resp::Protocol;

use crate::Bounds;
use crate::clients::zmq::Return;
use crate::commands::{Answers, render, render_head};
use crate::mutants::mutant;

/// What a slot takes besides the bytes that it stands for.
const SLOT_BYTES: usize = size_of::<Slot>();
/// Slots that an idle connection keeps.
const SLOTS_KEPT: usize = 32;
/// Values from this size on are never copied into the buffer: they are sent as the store holds
/// them.
const LARGE_BYTES: usize = 64 << 10;
/// Values from this size on are taken for the store's as long as it holds them; smaller ones are
/// charged in any case.
const SHARED_BYTES_MIN: usize = 1 << 10;
/// Replies are written out in full only up to about this many bytes ahead of the socket: until then
/// they share their values with the store.
const AHEAD_BYTES: usize = 256 << 10;
/// What an error of the node takes, near enough.
const ERROR_BYTES: usize = 256;
/// Buffer space that an idle connection keeps.
const BUFFER_BYTES_KEPT: usize = 4 << 10;

/// In which form a reply goes out.
#[derive(Debug)]
pub(crate) enum Form {
    /// In RESP, in the protocol that was spoken when it was asked for.
    Resp(Protocol),
    /// As an answer to `EXEC`.
    Exec(Box<Answers>),
    /// In ZMTP, to this place.
    Zmq(Box<Return>),
}

impl From<Protocol> for Form {
    fn from(protocol: Protocol) -> Form {
        Form::Resp(protocol)
    }
}

impl From<Answers> for Form {
    fn from(answers: Answers) -> Form {
        Form::Exec(answers.into())
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
            Form::Exec(answers) => size_of::<Answers>() + answers.known_bytes(),
            Form::Zmq(back) => back.bytes(),
        }
    }

    fn render(&self, reply: &Reply, certificate: Option<&Certificate>, out: &mut Vec<u8>) {
        match self {
            Form::Resp(protocol) => render(*protocol, reply, certificate, out),
            Form::Exec(answers) => answers.render(reply, certificate, out),
            Form::Zmq(back) => back.render(reply, out),
        }
    }
}

/// The replies that a connection is owed.
///
/// Invariants: `slots` are the requests from number `first` on, without gaps; what is in `out`
/// comes before them; the front of `slots` is unanswered, or `out` is full, or the front is a large
/// value that is being sent: its head is the last in `out` then. No other slot is.
#[derive(Debug)]
pub(crate) struct Replies {
    /// Requests that may be unanswered; beyond that nothing more is read.
    asked_max: usize,
    /// Bytes of unanswered requests and unsent replies; beyond that nothing more is read. So much
    /// may a client ask before it begins to read: many send a whole pipeline first.
    held_bytes_max: usize,
    first: u64,
    slots: VecDeque<Slot>,
    /// Replies as bytes.
    out: Vec<u8>,
    /// How much of `out` is sent.
    sent: usize,
    /// How many slots are unanswered.
    asked: usize,
    /// Bytes that the slots stand for, without those of values that the store may hold anyway.
    owned_bytes: usize,
    /// Bytes of those values.
    shared_bytes: usize,
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
    /// A large value, of which so much is sent.
    Sending(Bytes, usize),
}

impl Slot {
    /// The bytes that it stands for: its own, and those of a value that the store may hold anyway.
    fn bytes(&self) -> (usize, usize) {
        match self {
            Slot::Asked(_, bytes) => (*bytes, 0),
            Slot::Answered(form, reply, certificate) => {
                let (owned, shared) = of_reply(reply);
                let owned = owned + form.bytes();
                (owned + certificate.as_deref().map_or(0, certificate_bytes), shared)
            }
            Slot::Local(bytes) => (bytes.len(), 0),
            Slot::Sending(value, _) => of_value(value),
        }
    }

    /// Whether it is a value that is sent as it lies.
    fn is_large(&self) -> bool {
        matches!(self, Slot::Answered(form, reply, _) if is_large(form, reply))
    }

    /// Writes the head of its value; the bytes are sent from where they lie.
    fn begin_sending(&mut self, out: &mut Vec<u8>) {
        if let Slot::Answered(Form::Resp(protocol), Reply::Value(value), certificate) = self {
            render_head(*protocol, value.len(), certificate.as_deref(), out);
            *self = Slot::Sending(value.clone(), 0);
        }
    }

    fn value(&mut self) -> Option<&mut Bytes> {
        match self {
            Slot::Answered(_, Reply::Value(value), _) | Slot::Sending(value, _) => Some(value),
            _ => None,
        }
    }
}

/// The bytes of a value: its own, and those that the store may hold anyway.
fn of_value(value: &Bytes) -> (usize, usize) {
    match value.len() {
        length if length < SHARED_BYTES_MIN => (length, 0),
        length => (0, length),
    }
}

/// The same of a reply.
fn of_reply(reply: &Reply) -> (usize, usize) {
    match reply {
        Reply::Value(value) => of_value(value),
        Reply::Ok | Reply::Nil | Reply::Integer(_) | Reply::Status(_) => (0, 0),
        Reply::Error(_) => (ERROR_BYTES, 0),
        Reply::Array(all) => all.iter().fold((0, 0), |(owned, shared), one| {
            let (of_one, shared_of_one) = of_reply(one);
            (owned + of_one + size_of::<Reply>(), shared + shared_of_one)
        }),
        Reply::Map(pairs) => pairs.iter().fold((0, 0), |(owned, shared), (_, one)| {
            let (of_one, shared_of_one) = of_reply(one);
            (owned + of_one + size_of::<(&str, Reply)>(), shared + shared_of_one)
        }),
    }
}

/// Whether this is sent as it lies.
fn is_large(form: &Form, reply: &Reply) -> bool {
    matches!((form, reply), (Form::Resp(_), Reply::Value(value)) if value.len() >= LARGE_BYTES)
}

fn certificate_bytes(certificate: &Certificate) -> usize {
    let places = match certificate {
        Certificate::Agreed { .. } => 0,
        Certificate::Merged { position, .. } => position.len(),
    };
    size_of::<Certificate>() + places * size_of::<MergedPosition>()
}

impl Replies {
    /// None yet, and as many as these limits say.
    pub(super) fn new(bounds: &Bounds) -> Replies {
        Replies {
            asked_max: bounds.max_pipeline as usize,
            held_bytes_max: bounds.client_bytes as usize,
            first: 0,
            slots: VecDeque::new(),
            out: vec![],
            sent: 0,
            asked: 0,
            owned_bytes: 0,
            shared_bytes: 0,
        }
    }

    /// A number for a request of this many bytes that goes to the node.
    pub(crate) fn ask(&mut self, form: impl Into<Form>, bytes: usize) -> RequestId {
        let id = self.first + self.slots.len() as u64;
        self.asked += 1;
        self.push(Slot::Asked(form.into(), bytes));
        RequestId(id)
    }

    /// Takes what answers no request, so that it goes out before what waits for an answer.
    ///
    /// # Panics
    /// If a large value is being sent, as only RESP does, which has no asides.
    pub(crate) fn aside<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let is_sending = matches!(self.slots.front(), Some(Slot::Sending(..)));
        assert!(!is_sending, "nothing is said in the middle of a value");
        write(&mut self.out)
    }

    /// Takes a reply that `write` appends at once, and puts it in its place.
    pub(crate) fn reply<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        if mutant!(LocalOvertakes, self.slots.is_empty(), self.asked == 0) {
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
        self.charge(slot.bytes());
        self.slots.push_back(slot);
    }

    fn charge(&mut self, (owned, shared): (usize, usize)) {
        self.owned_bytes += owned;
        self.shared_bytes += shared;
    }

    fn discharge(&mut self, (owned, shared): (usize, usize)) {
        self.owned_bytes -= owned;
        self.shared_bytes -= shared;
    }

    /// Forgets the front, which is in `out` or sent.
    fn pop(&mut self) {
        if let Some(slot) = self.slots.pop_front() {
            self.discharge(slot.bytes());
            self.first += 1;
        }
        if self.slots.is_empty() {
            self.slots.shrink_to(SLOTS_KEPT);
        }
    }

    /// Takes the node's reply to one request. A second reply to the same request is a bug of the
    /// node.
    pub(super) fn answer(
        &mut self,
        id: RequestId,
        reply: Reply,
        certificate: Option<Box<Certificate>>,
    ) {
        let place = id.0.checked_sub(self.first).expect("a request is answered once");
        self.asked -= mutant!(AskedLeak, 1, usize::from(place == 0));
        if place == 0
            && self.out.len() < AHEAD_BYTES
            && let Some(Slot::Asked(form, _)) = self.slots.front()
            && !is_large(form, &reply)
        {
            form.render(&reply, certificate.as_deref(), &mut self.out);
            self.pop();
            return self.advance();
        }
        let slot = self.slots.get_mut(place as usize).expect("an answer follows its question");
        let asked = slot.bytes();
        let Slot::Asked(form, _) = std::mem::replace(slot, Slot::Local(Box::default())) else {
            panic!("request {id:?} is answered twice")
        };
        *slot = Slot::Answered(form, reply, certificate);
        let answered = slot.bytes();
        self.charge(answered);
        self.discharge(asked);
        if place == 0 {
            self.advance();
        }
    }

    /// Writes out what is answered at the front, as far as there is room.
    fn advance(&mut self) {
        while self.out.len() < AHEAD_BYTES {
            match self.slots.front_mut() {
                Some(slot) if slot.is_large() => {
                    let answered = slot.bytes();
                    slot.begin_sending(&mut self.out);
                    let sending = slot.bytes();
                    self.discharge(answered);
                    self.charge(sending);
                    return;
                }
                Some(Slot::Answered(form, reply, certificate)) => {
                    form.render(reply, certificate.as_deref(), &mut self.out);
                }
                Some(Slot::Local(bytes)) => self.out.extend_from_slice(bytes),
                Some(Slot::Asked(..) | Slot::Sending(..)) | None => return,
            }
            self.pop();
        }
    }

    /// What is to be sent next.
    pub(super) fn unsent(&self) -> &[u8] {
        match self.slots.front() {
            Some(Slot::Sending(value, sent)) if self.out.is_empty() => &value[*sent..],
            _ => &self.out[self.sent..],
        }
    }

    /// So many bytes of it are sent.
    pub(super) fn sent(&mut self, bytes: usize) {
        if self.out.is_empty()
            && let Some(Slot::Sending(value, sent)) = self.slots.front_mut()
        {
            *sent += bytes;
            assert!(*sent <= value.len(), "no more is sent than there is");
            if *sent == value.len() {
                self.out.extend_from_slice(b"\r\n");
                self.pop();
                self.advance();
            }
            return;
        }
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

    /// The bytes of what is owed, and of what is answered and not sent. They grow by what
    /// [`Replies::reply`] and [`Replies::ask`] take.
    pub(super) fn bytes(&self) -> usize {
        self.owned_bytes + self.out.len()
    }

    /// Whether nothing more may be asked until something is answered and sent.
    pub(super) fn is_full(&self) -> bool {
        let slots = self.slots.len() * SLOT_BYTES + self.owned_bytes + self.shared_bytes;
        let held = slots + self.out.len() - self.sent;
        self.asked >= self.asked_max || held >= self.held_bytes_max
    }

    /// The memory that it takes, without that of values that the store may hold anyway.
    pub(super) fn owned_bytes(&self) -> usize {
        self.slots.capacity() * SLOT_BYTES + self.owned_bytes + self.out.capacity()
    }

    /// The bytes of values that the store may hold anyway.
    pub(super) fn shared_bytes(&self) -> usize {
        self.shared_bytes
    }

    /// Those values, each with the place of its slot.
    pub(super) fn shared_values(&mut self) -> impl Iterator<Item = (usize, &mut Bytes)> {
        let places = self.slots.iter_mut().enumerate();
        places
            .filter_map(|(place, slot)| Some((place, slot.value()?)))
            .filter(|(_, value)| value.len() >= SHARED_BYTES_MIN)
    }

    /// Puts a value back that was taken from where [`Replies::shared_values`] showed it.
    pub(super) fn give_back(&mut self, place: usize, value: Bytes) {
        *self.slots[place].value().expect("it was taken from there") = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual() -> Replies {
        Replies::new(&Bounds::default())
    }
    use node::Index;

    const TWO: Protocol = Protocol::Resp2;

    fn take(replies: &mut Replies) -> String {
        let text = String::from_utf8(replies.unsent().to_vec()).unwrap();
        replies.sent(text.len());
        text
    }

    #[test]
    fn replies_go_out_in_the_order_of_the_requests() {
        let mut replies = usual();
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
        assert_eq!((replies.owned_bytes, replies.shared_bytes), (0, 0));
    }

    #[test]
    fn what_answers_nothing_waits_for_no_answer() {
        let mut replies = usual();
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
        let mut replies = usual();
        let a = replies.ask(Protocol::Resp3, 10);
        let b = replies.ask(Protocol::Resp3, 10);
        let at = |index, by| {
            let position = node::AgreedPosition { index, offset: 0 };
            Some(Box::new(Certificate::Agreed { position, by }))
        };
        replies.answer(b, Reply::Nil, at(Index(2), Some(None)));
        replies.answer(a, Reply::Ok, at(Index(1), None));
        assert_eq!(
            take(&mut replies),
            "|1\r\n$8\r\nposition\r\n$5\r\n[1,0]\r\n+OK\r\n\
             |2\r\n$8\r\nposition\r\n$5\r\n[2,0]\r\n$2\r\nby\r\n$4\r\nnull\r\n_\r\n"
        );
        assert_eq!((replies.owned_bytes, replies.shared_bytes), (0, 0));
    }

    #[test]
    fn many_or_long_requests_fill_it() {
        let mut replies = usual();
        for _ in 0..usual().asked_max {
            assert!(!replies.is_full());
            replies.ask(TWO, 1);
        }
        assert!(replies.is_full());
        replies.answer(RequestId(0), Reply::Ok, None);
        assert!(!replies.is_full());
        replies.ask(TWO, usual().held_bytes_max);
        assert!(replies.is_full());
    }

    #[test]
    fn a_shorter_pipeline_and_less_memory_may_be_asked_for() {
        let of = |max_pipeline, client_bytes| {
            Replies::new(&Bounds { max_pipeline, client_bytes, ..Bounds::default() })
        };
        let mut short = of(2, 1 << 20);
        short.ask(TWO, 1);
        assert!(!short.is_full());
        short.ask(TWO, 1);
        assert!(short.is_full());
        let mut little = of(100, 1 << 16);
        little.ask(TWO, 1 << 15);
        assert!(!little.is_full());
        little.ask(TWO, 1 << 15);
        assert!(little.is_full());
    }

    #[test]
    fn replies_out_of_order_make_room_for_requests_again() {
        let mut replies = usual();
        for _ in 0..usual().asked_max {
            let [first, second] = [replies.ask(TWO, 1), replies.ask(TWO, 1)];
            replies.answer(second, Reply::Ok, None);
            replies.answer(first, Reply::Ok, None);
            assert_eq!(take(&mut replies), "+OK\r\n+OK\r\n");
        }
        assert!(!replies.is_full() && replies.asked == 0);
    }

    #[test]
    fn long_values_wait_outside_the_buffer() {
        let mut replies = usual();
        let value = bytes::Bytes::from(vec![b'v'; 1 << 20]);
        let asked: Vec<_> = (0..65).map(|_| replies.ask(TWO, 0)).collect();
        for id in asked {
            replies.answer(id, Reply::Value(value.clone()), None);
        }
        assert!(replies.is_full());
        assert!(replies.owned_bytes() < 64 << 10, "no value is copied");
        assert_eq!(replies.shared_values().count(), 65);
        let mut total = 0;
        while !replies.is_empty() {
            let part = replies.unsent().len().min(300_000);
            replies.sent(part);
            total += part;
        }
        assert_eq!(total, 65 * ((1 << 20) + "$1048576\r\n\r\n".len()));
        assert_eq!((replies.owned_bytes, replies.shared_bytes), (0, 0));
        assert!(replies.owned_bytes() <= BUFFER_BYTES_KEPT + SLOTS_KEPT * SLOT_BYTES);
    }

    #[test]
    fn a_large_value_is_sent_as_it_lies_and_in_its_place() {
        let mut replies = usual();
        let value = Bytes::from(vec![b'v'; LARGE_BYTES]);
        let asked: Vec<_> = (0..4).map(|_| replies.ask(TWO, 7)).collect();
        for (id, reply) in asked.into_iter().zip([
            Reply::Ok,
            Reply::Value(value.clone()),
            Reply::Integer(2),
            Reply::Value(value.clone()),
        ]) {
            replies.answer(id, reply, None);
        }
        let head = format!("$65536\r\n{}\r\n", "v".repeat(LARGE_BYTES));
        let whole = format!("+OK\r\n{head}:2\r\n{head}");
        let mut sent = String::new();
        while !replies.is_empty() {
            let part = replies.unsent();
            let length = part.len().min(1000);
            sent.push_str(std::str::from_utf8(&part[..length]).unwrap());
            replies.sent(length);
            let late = replies.ask(TWO, 0);
            replies.answer(late, Reply::Nil, None);
            assert!(sent.len() < 2 * whole.len() || replies.is_empty());
            if sent.len() > whole.len() {
                break;
            }
        }
        assert!(sent.starts_with(&whole) && sent[whole.len()..].starts_with("$-1\r\n"));
    }

    #[test]
    fn a_reply_without_the_node_waits_for_the_large_value_before_it() {
        let mut replies = usual();
        let id = replies.ask(TWO, 7);
        replies.answer(id, Reply::Value(vec![b'v'; LARGE_BYTES].into()), None);
        replies.reply(|out| out.extend(b"+PONG\r\n"));
        let mut sent = String::new();
        while !replies.is_empty() {
            sent.push_str(&take(&mut replies));
        }
        assert!(sent.starts_with("$65536\r\nvvv") && sent.ends_with("v\r\n+PONG\r\n"));
    }

    #[test]
    #[should_panic(expected = "answered twice")]
    fn a_second_answer_is_a_bug() {
        let mut replies = usual();
        let _ = replies.ask(TWO, 0);
        let b = replies.ask(TWO, 0);
        replies.answer(b, Reply::Ok, None);
        replies.answer(b, Reply::Ok, None);
    }
}
