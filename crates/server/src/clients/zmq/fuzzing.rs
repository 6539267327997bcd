//! What must hold for any bytes of a client of ZeroMQ.

use bytes::BytesMut;

use super::decoder::{Decoder, Event};
use super::error::Error;
use super::frame::{self, COMMAND};
use super::{greeting, request};

/// What a client said, and the error that ended it if one did.
type Events = (Vec<Event>, Option<Error>);

/// What comes over a connection. Its first byte says in pieces of what length it comes the second
/// time, and whether it begins with a sound greeting and handshake.
pub fn connections(bytes: &[u8]) {
    let Some((first, said)) = bytes.split_first() else { return };
    let opening = if first & 1 == 0 { vec![] } else { opening() };
    let stream = [&opening, said].concat();
    let whole = read(&stream, stream.len());
    assert_eq!(whole, read(&stream, usize::from(first >> 1)));
    for event in whole.0 {
        if let Event::Message(message) = event
            && let Ok(body) = message.body
        {
            requests(&body);
            let mut written = message.envelope.to_vec();
            frame::write(&mut written, 0, &[&body]);
            let envelope = message.envelope;
            let again = read(&[&self::opening()[..], &written].concat(), usize::MAX);
            let expected = Event::Message(super::decoder::Message { envelope, body: Ok(body) });
            assert_eq!((again.0.last(), again.1), (Some(&expected), None));
        }
    }
}

fn read(stream: &[u8], length: usize) -> Events {
    let (mut decoder, mut buffer, mut events) = (Decoder::default(), BytesMut::new(), vec![]);
    for piece in stream.chunks(length.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.next(&mut buffer) {
                Ok(None) => break,
                Ok(Some(event)) => events.push(event),
                Err(error) => return (events, Some(error)),
            }
        }
        assert!(decoder.held_bytes() <= 2 * stream.len() + (16 << 10));
    }
    (events, None)
}

/// A greeting, and READY of a REQ socket.
fn opening() -> Vec<u8> {
    let mut bytes = greeting::own().to_vec();
    let ready: [&[u8]; 3] = [b"\x05READY", b"\x0bSocket-Type", b"\0\0\0\x03REQ"];
    frame::write(&mut bytes, COMMAND, &ready);
    bytes
}

/// The JSON of one request.
pub fn requests(body: &[u8]) {
    // Whatever is printed of it is no longer than what may stand in a text for one byte.
    match request::read(body) {
        Ok(request::Request::Set(key, value)) => {
            assert!(key.len() <= body.len() && value.len() <= 8 * body.len());
        }
        Ok(request::Request::Get(key)) => assert!(key.len() <= body.len()),
        Err(refusal) => assert!(refusal.to_string().starts_with("ERR ")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clients::zmq::frame::MORE;

    fn any_part() -> impl Strategy<Value = Vec<u8>> {
        let flags = prop::sample::select(vec![0, MORE, MORE, COMMAND, 2, 3, 6]);
        let bodies: [&[u8]; 6] =
            [b"", b"", b"{}", b"\x04PING\0\0x", b"\x05READY", br#"{"type":"get","key":"a"}"#];
        let body = prop_oneof![
            prop::sample::select(bodies.map(<[u8]>::to_vec).to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
        ];
        (flags, body).prop_map(|(flags, body)| {
            let mut bytes = vec![];
            frame::write(&mut bytes, flags, &[&body]);
            bytes
        })
    }

    fn any_json() -> impl Strategy<Value = String> {
        let words = [
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"type\"",
            "\"key\"",
            "\"value\"",
            "\"set\"",
            "\"get\"",
            "null",
            "true",
            "1",
            "-1.5e300",
            "\"\\ud83d\\ude00\"",
            "\"\\u0000\"",
            "\"a'b\"",
            " ",
            "{\"type\":\"set\",\"key\":\"a\",\"value\":",
            "[[[[[[[[[[",
        ];
        let word = prop::sample::select(words.map(str::to_owned).to_vec());
        prop::collection::vec(word, 0..20).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn any_connection(first: u8, parts in prop::collection::vec(any_part(), 0..12)) {
            connections(&[&[first][..], &parts.concat()].concat());
        }

        #[test]
        fn any_request(text in any_json()) {
            requests(text.as_bytes());
        }
    }
}
