//! What one connection of a ZeroMQ client speaks.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use node::Command;
use tokio::time::{Sleep, sleep};
use tracing::debug;

use super::decoder::{Decoder, Event, Malformed, Message};
use super::error::Error;
use super::reply::{self, Return};
use super::request::{self, Refusal, Request};
use super::turns::Turns;
use super::{greeting, handshake};
use crate::clients::replies::Form;
use crate::clients::{Language, Replies, Said};
use crate::commands::{AT_END, Context as _, too_long};
use crate::event_loop::Shared;
use crate::mutants::mutant;

/// How long a client may take for greeting and handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// A longer body is read beside the loop; so much is read within a millisecond or two.
const BODY_BYTES_AT_ONCE: usize = 64 << 10;

/// Takes the requests of one connection.
#[derive(Debug)]
pub(crate) struct Speaker {
    decoder: Decoder,
    /// When the patience ends with somebody who has not said yet what socket it is.
    patience: Option<Pin<Box<Sleep>>>,
    /// The turns in which long bodies are read.
    turns: Turns,
    /// The long body that is being read.
    long: Option<Long>,
}

/// A request whose body is read beside the loop.
struct Long {
    envelope: Bytes,
    /// How long the body is.
    bytes: usize,
    reading: Pin<Box<dyn Future<Output = Result<Request, Refusal>>>>,
    /// What came of it.
    read: Option<Result<Request, Refusal>>,
}

impl fmt::Debug for Long {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Long").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Speaker {
    /// For a connection that begins now.
    pub(crate) fn new(turns: Turns) -> Speaker {
        Speaker::with_patience(turns, HANDSHAKE_MAX)
    }

    /// For one that may take so long for greeting and handshake.
    pub(super) fn with_patience(turns: Turns, patience: Duration) -> Speaker {
        Speaker {
            decoder: Decoder::default(),
            patience: Some(Box::pin(sleep(patience))),
            turns,
            long: None,
        }
    }

    /// Takes the next request; `count` is called for each that begins.
    pub(super) fn take_next(
        &mut self,
        bytes: &mut BytesMut,
        count: impl FnOnce(),
        replies: &mut Replies,
    ) -> Said {
        if let Some(Long { envelope, read, .. }) = self.long.take_if(|long| long.read.is_some()) {
            return answer(read.expect("it was looked for"), envelope, replies);
        }
        debug_assert!(self.long.is_none(), "who is not free takes nothing");
        match self.decoder.next(bytes) {
            Ok(Some(event)) => self.take(event, count, replies),
            Ok(None) => Said::Nothing,
            Err(error) => {
                // Strangers could fill the log.
                debug!("a ZeroMQ client is let go: {error}");
                if error == Error::SocketType {
                    replies.reply(|out| handshake::write_error(out, error));
                }
                Said::Close
            }
        }
    }

    fn take(&mut self, event: Event, count: impl FnOnce(), replies: &mut Replies) -> Said {
        match event {
            Event::Greeted => {}
            Event::Ready => {
                mutant!(PatienceEndsAnyway, self.patience = None, ());
                replies.reply(handshake::write_ready);
            }
            // A peer that waits for a slow answer still wants to know that the server is there.
            Event::Ping(context) => {
                mutant!(
                    PongWaits,
                    replies.aside(|out| handshake::write_pong(out, &context)),
                    replies.reply(|out| handshake::write_pong(out, &context))
                );
            }
            Event::Message(message) => {
                count();
                return self.take_message(message, replies);
            }
        }
        Said::Replied
    }

    fn take_message(&mut self, message: Message, replies: &mut Replies) -> Said {
        let Message { envelope, body } = message;
        match body {
            Ok(body) if body.len() > BODY_BYTES_AT_ONCE => {
                let bytes = body.len();
                let reading = Box::pin(self.turns.read(body));
                self.long = Some(Long { envelope, bytes, reading, read: None });
                Said::Later
            }
            Ok(body) => answer(request::read(&body), envelope, replies),
            Err(malformed) => {
                replies.reply(|out| reply::write_error(out, &envelope, &wording(malformed)));
                Said::Replied
            }
        }
    }
}

impl Language for Speaker {
    fn greet(&self, out: &mut Vec<u8>) {
        out.extend(greeting::own());
    }

    fn next(&mut self, bytes: &mut BytesMut, shared: &Shared, replies: &mut Replies) -> Said {
        let said = self.take_next(bytes, || shared.count_command(), replies);
        let Said::Ask { command, form: Form::Zmq(back), .. } = &said else { return said };
        let too_late = shared.ending().map(|_| AT_END);
        let Some(error) = too_late.or_else(|| too_long(command, shared.bounds())) else {
            return said;
        };
        replies.reply(|out| reply::write_error(out, &back.envelope, &error));
        Said::Replied
    }

    fn poll_free(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(long) = &mut self.long
            && long.read.is_none()
        {
            long.read = Some(ready!(long.reading.as_mut().poll(cx)));
        }
        Poll::Ready(())
    }

    fn held_bytes(&self) -> usize {
        let long = self.long.as_ref().map_or(0, |long| long.bytes + long.envelope.len());
        self.decoder.held_bytes() + long
    }

    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let patience = mutant!(PatienceWithoutEnd, self.patience.as_mut(), None);
        patience.is_some_and(|patience| patience.as_mut().poll(cx).is_ready())
    }
}

fn answer(read: Result<Request, Refusal>, envelope: Bytes, replies: &mut Replies) -> Said {
    match read {
        Ok(request) => ask(request, envelope),
        Err(refusal) => {
            replies.reply(|out| reply::write_error(out, &envelope, &refusal));
            Said::Replied
        }
    }
}

fn ask(request: Request, envelope: Bytes) -> Said {
    let (asked, command, key) = match request {
        Request::Set(key, value) => {
            (key.len() + value.len(), Command::set(key, value), Bytes::new())
        }
        Request::Get(key) => (key.len(), Command::get(key.clone()), key),
    };
    let back = Return { envelope, key };
    let bytes = asked + back.bytes();
    Said::Ask { level: None, command, form: back.into(), bytes }
}

fn wording(malformed: Malformed) -> &'static str {
    match malformed {
        Malformed::NoEmptyPart => {
            "ERR a request has an empty part before it: a REQ socket sends it by itself, with a DEALER you do"
        }
        Malformed::ManyParts => "ERR a request is one part, one JSON object",
        Malformed::TooLong => "ERR a request has at most 64 MiB",
    }
}
