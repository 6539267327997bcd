//! What a request, a reply and a value cost: `cargo bench -p resp`. On one core of a small cloud
//! machine:
//!
//! | ns | what |
//! |---|---|
//! | 47 | parse `SET key:000000012345 <100 bytes>` |
//! | 85 | the same, and keep key and value |
//! | 32 | parse `GET key:000000012345` |
//! | 52 | the same, and keep the key |
//! | 12 | write a reply of 100 bytes |
//! | 75 | decode a reply of 100 bytes |
//!
//! Requests arrive pipelined in buffers of 16 KiB, as from a socket.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use resp::{Decoder, Parser, Protocol, Writer, command};

const COMMANDS: usize = 1_000_000;
const ROUNDS: usize = 5;
const READ_BYTES: usize = 16 << 10;

fn main() {
    let value = [b'x'; 100];
    for (name, last) in
        [("SET key:000000012345 <100 bytes>", Some(&value)), ("GET key:000000012345", None)]
    {
        let mut one = vec![];
        match last {
            Some(value) => command(&mut one, &[b"SET", &b"key:000000012345"[..], value]),
            None => command(&mut one, &["GET", "key:000000012345"]),
        }
        let stream = one.repeat(COMMANDS);
        report(&format!("parse {name}"), || parse(&stream, false));
        report(&format!("parse {name}, keeping the arguments"), || parse(&stream, true));
    }
    report("write a reply of 100 bytes", || write(&value));
    let mut replies = vec![];
    for _ in 0..COMMANDS {
        Writer::new(&mut replies, Protocol::Resp2).bulk(value);
    }
    report("decode a reply of 100 bytes", || decode(&replies));
}

fn report(what: &str, mut run: impl FnMut() -> usize) {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        assert_eq!(black_box(run()), COMMANDS);
        best = best.min(start.elapsed());
    }
    println!("{:6.1} ns  {what}", best.as_nanos() as f64 / COMMANDS as f64);
}

fn parse(stream: &[u8], keep: bool) -> usize {
    let (mut parser, mut buffer, mut requests) = (Parser::default(), BytesMut::new(), 0);
    for chunk in stream.chunks(READ_BYTES) {
        buffer.reserve(READ_BYTES);
        buffer.extend_from_slice(chunk);
        while let Some(request) = parser.next(&mut buffer).expect("well formed") {
            requests += 1;
            if keep {
                for place in 1..request.len() {
                    black_box(request.bytes(place));
                }
            } else {
                black_box(request);
            }
        }
    }
    requests
}

fn write(value: &[u8]) -> usize {
    let mut out = Vec::with_capacity(READ_BYTES * 2);
    for _ in 0..COMMANDS {
        if out.len() > READ_BYTES {
            out.clear();
        }
        Writer::new(&mut out, Protocol::Resp2).bulk(black_box(value));
    }
    COMMANDS
}

fn decode(stream: &[u8]) -> usize {
    let (mut decoder, mut buffer, mut values) = (Decoder::default(), BytesMut::new(), 0);
    for chunk in stream.chunks(READ_BYTES) {
        buffer.reserve(READ_BYTES);
        buffer.extend_from_slice(chunk);
        while let Some(value) = decoder.next(&mut buffer).expect("well formed") {
            black_box(value);
            values += 1;
        }
    }
    assert!(!buffer.has_remaining());
    values
}
