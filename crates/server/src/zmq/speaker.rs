//! What one connection of a ZeroMQ client speaks.

use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use bytes::BytesMut;
use node::Command;
use tokio::time::{Sleep, sleep};
use tracing::debug;

use super::decoder::{Decoder, Event, Malformed, Message};
use super::fault::Fault;
use super::reply::{self, Return};
use super::request::{self, Request};
use super::{greeting, handshake};
use crate::connection::{Language, Replies, Said};
use crate::hub::Hub;

/// How long a client may take for greeting and handshake.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// Takes the requests of one connection.
#[derive(Debug)]
pub(crate) struct Speaker {
    decoder: Decoder,
    /// When the patience ends with somebody who has not said yet what socket it is.
    patience: Option<Pin<Box<Sleep>>>,
}

impl Speaker {
    /// For a connection that begins now.
    pub(crate) fn new() -> Speaker {
        Speaker { decoder: Decoder::default(), patience: Some(Box::pin(sleep(HANDSHAKE_MAX))) }
    }

    fn take(&mut self, event: Event, hub: &Hub, replies: &mut Replies) -> Said {
        match event {
            Event::Greeted => {}
            Event::Ready => {
                self.patience = None;
                replies.reply(handshake::write_ready);
            }
            // A peer that waits for a slow answer still wants to know that the server is there.
            Event::Ping(context) => replies.aside(|out| handshake::write_pong(out, &context)),
            Event::Message(message) => {
                hub.count_command();
                return take_message(message, replies);
            }
        }
        Said::Replied
    }
}

impl Language for Speaker {
    fn greet(&self, out: &mut Vec<u8>) {
        out.extend(greeting::own());
    }

    fn next(&mut self, bytes: &mut BytesMut, hub: &Hub, replies: &mut Replies) -> Said {
        match self.decoder.next(bytes) {
            Ok(Some(event)) => self.take(event, hub, replies),
            Ok(None) => Said::Nothing,
            Err(fault) => {
                // Strangers could fill the log.
                debug!("a ZeroMQ client is let go: {fault}");
                if fault == Fault::SocketType {
                    replies.reply(|out| handshake::write_error(out, fault));
                }
                Said::Close
            }
        }
    }

    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        self.patience.as_mut().is_some_and(|patience| patience.as_mut().poll(cx).is_ready())
    }
}

fn take_message(message: Message, replies: &mut Replies) -> Said {
    let Message { envelope, body } = message;
    let what = match body {
        Ok(body) => match request::read(&body) {
            Ok(request) => return ask(request, envelope),
            Err(refusal) => refusal.to_string(),
        },
        Err(malformed) => wording(malformed).into(),
    };
    replies.reply(|out| reply::write_error(out, &envelope, &what));
    Said::Replied
}

fn ask(request: Request, envelope: bytes::Bytes) -> Said {
    let (command, key) = match request {
        Request::Set(key, value) => (Command::Set(key, value), bytes::Bytes::new()),
        Request::Get(key) => (Command::Get(key.clone()), key),
    };
    let asked = match &command {
        Command::Set(key, value) => key.len() + value.len(),
        _ => key.len(),
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
