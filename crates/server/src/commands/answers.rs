//! The form of an answer to `EXEC`.

use node::{Certificate, Reply};
use resp::{Protocol, Writer};

use super::render::{certified, write};

/// What a reply that is kept takes beside its bytes.
const REPLY_BYTES: usize = size_of::<(usize, Box<[u8]>)>();

/// The form of an answer to `EXEC`: the replies that are known, by their places among those of the
/// node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    protocol: Protocol,
    known: Vec<(usize, Box<[u8]>)>,
    known_bytes: usize,
    count: usize,
}

impl Answers {
    /// None yet, in this protocol.
    pub(super) fn new(protocol: Protocol) -> Answers {
        Answers { protocol, ..Answers::default() }
    }

    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// How many there will be.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The next one is the node's to give.
    pub(super) fn expect(&mut self) {
        self.count += 1;
    }

    /// The next one is this.
    pub(super) fn know(&mut self, reply: Vec<u8>) {
        self.known_bytes += reply.len() + REPLY_BYTES;
        self.known.push((self.count, reply.into()));
        self.count += 1;
    }

    /// What those that are known take in memory, in bytes.
    pub(crate) fn known_bytes(&self) -> usize {
        self.known_bytes
    }

    /// Appends the answer to an `EXEC` of which the node says this; before it, where it stands, if
    /// the node says so.
    ///
    /// # Panics
    /// If the node has answered fewer commands than it was asked.
    pub fn render(&self, reply: &Reply, certificate: Option<&Certificate>, out: &mut Vec<u8>) {
        let mut writer = certified(self.protocol, certificate, out);
        match reply {
            Reply::Array(replies) => {
                writer.array(self.count);
                self.render_all(replies, out);
            }
            Reply::Nil => writer.nil_array(),
            other => write(&mut writer, other),
        }
    }

    fn render_all(&self, replies: &[Reply], out: &mut Vec<u8>) {
        let (mut known, mut replies) = (self.known.iter().peekable(), replies.iter());
        for place in 0..self.count {
            if let Some((_, bytes)) = known.next_if(|(known, _)| *known == place) {
                out.extend_from_slice(bytes);
            } else {
                let reply = replies.next().expect("the node answers each of its commands");
                write(&mut Writer::new(out, self.protocol), reply);
            }
        }
    }
}
