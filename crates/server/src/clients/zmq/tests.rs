//! Bytes in, events out; requests in, commands or errors out.

use std::future::poll_fn;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use node::{Command, Reply, VALUE_BYTES_MAX};

use super::decoder::{BODY_BYTES_MAX, Decoder, Event, Malformed, Message};
use super::error::Error;
use super::frame::{self, COMMAND, MORE};
use super::reply::Return;
use super::request::{self, Request};
use super::{Speaker, Turns, greeting, handshake};
use crate::clients::{Language, Replies, Said};
use crate::commands::AT_END;
use crate::event_loop::shared::tests::shared;

/// What a client says until its first request.
fn opening(socket_type: &str) -> Vec<u8> {
    let mut bytes = greeting::own().to_vec();
    bytes[11] = 1; // as libzmq 4.3 has it
    let mut ready = b"\x05READY\x0bSocket-Type".to_vec();
    ready.extend((socket_type.len() as u32).to_be_bytes());
    ready.extend(socket_type.as_bytes());
    ready.extend(b"\x08Identity\0\0\0\0");
    frame::write(&mut bytes, COMMAND, &[&ready]);
    bytes
}

fn message(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![];
    for (place, part) in parts.iter().enumerate() {
        let more = if place + 1 < parts.len() { MORE } else { 0 };
        frame::write(&mut bytes, more, &[part]);
    }
    bytes
}

/// All that these bytes say, when so many come at a time.
fn told(bytes: &[u8], at_a_time: usize) -> Result<Vec<Event>, Error> {
    let (mut decoder, mut buffer, mut events) = (Decoder::default(), BytesMut::new(), vec![]);
    for piece in bytes.chunks(at_a_time) {
        buffer.extend_from_slice(piece);
        while let Some(event) = decoder.next(&mut buffer)? {
            events.push(event);
        }
    }
    Ok(events)
}

/// The same after the handshake, however the bytes are cut.
#[track_caller]
fn said(bytes: &[u8]) -> Result<Vec<Event>, Error> {
    let all = [&opening("REQ"), bytes].concat();
    let whole = told(&all, usize::MAX);
    for at_a_time in [1, 2, 7, 63] {
        assert_eq!(told(&all, at_a_time), whole, "{at_a_time} bytes at a time");
    }
    let mut events = whole?;
    assert_eq!(events.drain(..2).collect::<Vec<_>>(), [Event::Greeted, Event::Ready]);
    Ok(events)
}

fn request(envelope: &[u8], body: &'static [u8]) -> Event {
    let envelope = Bytes::copy_from_slice(envelope);
    Event::Message(Message { envelope, body: Ok(Bytes::from_static(body)) })
}

fn malformed(envelope: &[u8], why: Malformed) -> Event {
    Event::Message(Message { envelope: Bytes::copy_from_slice(envelope), body: Err(why) })
}

#[test]
fn requests_come_however_the_bytes_are_cut() {
    let long = vec![b'x'; 300];
    let bytes = [
        message(&[b"", b"{}"]),
        message(&[b"", b""]),
        message(&[b"a proxy", b"", b"[]"]),
        message(&[&long, b"b", b"", b"5"]),
    ];
    let envelope = [&[MORE | 2, 0, 0, 0, 0, 0, 0, 1, 44][..], &long, b"\x01\x01b\x01\x00"].concat();
    assert_eq!(
        said(&bytes.concat()),
        Ok(vec![
            request(b"\x01\0", b"{}"),
            request(b"\x01\0", b""),
            request(b"\x01\x07a proxy\x01\0", b"[]"),
            request(&envelope, b"5"),
        ])
    );
}

#[test]
fn what_is_no_request_is_passed_over_and_the_connection_goes_on() {
    let bytes = [
        message(&[b"{}"]),
        message(&[b"a", b"b"]),
        message(&[b""]),
        message(&[b"", b"a", b"b", b"", b"c"]),
        message(&[b"", b"", b""]),
        message(&[b"", b"{}"]),
    ];
    assert_eq!(
        said(&bytes.concat()),
        Ok(vec![
            malformed(b"", Malformed::NoEmptyPart),
            malformed(b"", Malformed::NoEmptyPart),
            malformed(b"", Malformed::NoEmptyPart),
            malformed(b"\x01\0", Malformed::ManyParts),
            malformed(b"\x01\0", Malformed::ManyParts),
            request(b"\x01\0", b"{}"),
        ])
    );
}

#[test]
fn pings_are_heard_also_between_the_parts_of_a_message() {
    let mut bytes = vec![];
    frame::write(&mut bytes, COMMAND, &[b"\x04PING\0\x0ahello"]);
    frame::write(&mut bytes, MORE, &[b""]);
    frame::write(&mut bytes, COMMAND, &[b"\x04PING\0\x0a"]);
    frame::write(&mut bytes, COMMAND, &[b"\x09SUBSCRIBEx"]);
    frame::write(&mut bytes, COMMAND, &[b"\x04PING\0"]);
    frame::write(&mut bytes, 0, &[b"{}"]);
    let ping = |context| Event::Ping(Bytes::from_static(context));
    assert_eq!(said(&bytes), Ok(vec![ping(b"hello"), ping(b""), request(b"\x01\0", b"{}")]));
    let mut pong = vec![];
    handshake::write_pong(&mut pong, b"hello");
    assert_eq!(pong, b"\x04\x0a\x04PONGhello");
}

#[test]
fn what_is_no_zmtp_ends_at_the_first_byte_that_shows_it() {
    let greeting = greeting::own();
    let with = |place: usize, byte: u8| {
        let mut greeting = greeting;
        greeting[place] = byte;
        // Nothing behind the byte has come.
        told(&greeting[..=place], 1)
    };
    assert_eq!(told(b"PING\r\n", 1), Err(Error::NotZmtp));
    assert_eq!(told(b"*1\r\n$4\r\nPING\r\n", 99), Err(Error::NotZmtp));
    assert_eq!(told(b"GET / HTTP/1.1\r\n\r\n", 1), Err(Error::NotZmtp));
    assert_eq!(told(b"\x16\x03\x01", 1), Err(Error::NotZmtp));
    assert_eq!(with(9, 0), Err(Error::NotZmtp));
    assert_eq!(with(10, 1), Err(Error::Version));
    assert_eq!(with(12, b'P'), Err(Error::Mechanism));
    assert_eq!(with(16, b'X'), Err(Error::Mechanism));
    assert_eq!(with(10, 4), Ok(vec![]), "a later version speaks this one, too");
}

#[test]
fn a_handshake_is_ready_from_a_socket_that_asks() {
    let opened = |socket_type| told(&opening(socket_type), 1).map(|events| events.len());
    assert_eq!((opened("REQ"), opened("DEALER")), (Ok(2), Ok(2)));
    for socket_type in ["REP", "ROUTER", "PUB", "SUB", "req", ""] {
        assert_eq!(opened(socket_type), Err(Error::SocketType), "{socket_type}");
    }
    let after_greeting = |bytes: &[u8]| told(&[&greeting::own(), bytes].concat(), 1).map(|_| ());
    let command = |body: &[u8]| {
        let mut bytes = vec![];
        frame::write(&mut bytes, COMMAND, &[body]);
        after_greeting(&bytes)
    };
    for body in [
        &b""[..],
        b"\x05HELLO",
        b"\x06READY",
        b"\x05READY",
        b"\x05READY\x0bSocket-Type",
        b"\x05READY\x0bSocket-Type\xff\xff\xff\xffREQ",
        b"\x05READY\xff",
    ] {
        assert_eq!(command(body), Err(Error::NotReady), "{body:?}");
    }
    assert_eq!(command(b"\x05READY\x0bsocket-type\0\0\0\x03REQ"), Ok(()));
    assert_eq!(after_greeting(&message(&[b"", b"{}"])), Err(Error::NotReady));
    assert_eq!(after_greeting(&[COMMAND | 2, 0, 0, 0, 0, 0, 0, 0x20, 0]), Err(Error::Command));
}

#[test]
fn frames_that_zmtp_does_not_have_end_the_connection() {
    for bytes in [
        &[8_u8, 0][..],
        &[0x80, 0],
        &[COMMAND | MORE, 0],
        &[2, 0x80, 0, 0, 0, 0, 0, 0, 0],
        &[COMMAND | 2, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ] {
        assert!(matches!(said(bytes), Err(Error::Frame | Error::Command)), "{bytes:?}");
    }
}

/// How many bytes a connection holds that announces a part of this length and sends nothing of it.
#[test]
fn what_is_announced_takes_no_memory() {
    let announced = |flags: u8, length: u64| {
        let mut bytes = vec![flags | 2];
        bytes.extend(length.to_be_bytes());
        bytes
    };
    // An envelope that is too long has nobody to be answered.
    for length in [5_000, u64::MAX >> 1] {
        assert_eq!(said(&announced(MORE, length)), Err(Error::Envelope));
    }
    let many = vec![message(&[&[b'x'; 200], b""])[..202].to_vec(); 21].concat();
    assert_eq!(said(&many), Err(Error::Envelope));
    // The longest request that goes, announced and not sent: nothing is set aside for it.
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
    let begin = [&opening("REQ"), &b"\x01\0"[..], &announced(0, BODY_BYTES_MAX)].concat();
    buffer.extend_from_slice(&begin);
    while decoder.next(&mut buffer).unwrap().is_some() {}
    assert!(buffer.capacity() < 4096, "{}", buffer.capacity());
}

#[test]
fn what_is_too_long_is_passed_over_as_it_comes_and_answered() {
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
    buffer.extend_from_slice(&opening("REQ"));
    buffer.extend_from_slice(b"\x01\0\x02");
    buffer.extend_from_slice(&(BODY_BYTES_MAX + 1).to_be_bytes());
    let (piece, mut left, mut events) = (vec![b'x'; 1 << 16], BODY_BYTES_MAX + 1, vec![]);
    while left > 0 {
        let come = left.min(piece.len() as u64);
        buffer.extend_from_slice(&piece[..come as usize]);
        left -= come;
        events.extend(std::iter::from_fn(|| decoder.next(&mut buffer).unwrap()));
        assert!(buffer.is_empty(), "nothing of it is kept");
    }
    assert_eq!(events[2..], [malformed(b"\x01\0", Malformed::TooLong)]);
    buffer.extend_from_slice(&message(&[b"", b"{}"]));
    assert_eq!(decoder.next(&mut buffer), Ok(Some(request(b"\x01\0", b"{}"))));
}

/// Whatever one byte becomes, and wherever the bytes end: an answer, never a panic.
#[test]
fn damaged_bytes_are_answered() {
    let good = [opening("DEALER"), message(&[b"id", b"", b"{}"]), message(&[b"", b"{}"])].concat();
    for at in 0..good.len() {
        for byte in 0..=u8::MAX {
            let mut damaged = good.clone();
            damaged[at] = byte;
            let _ = told(&damaged, 5);
        }
    }
}

/// What a text asks for: `set KEY = VALUE`, `get KEY`, or the error.
fn asked(text: &str) -> String {
    match request::read(text.as_bytes()) {
        Ok(Request::Set(key, value)) => {
            format!("set {} = {}", key.escape_ascii(), String::from_utf8_lossy(&value))
        }
        Ok(Request::Get(key)) => format!("get {}", key.escape_ascii()),
        Err(refusal) => refusal.to_string(),
    }
}

/// What is stored for a value.
fn stored(value: &str) -> String {
    let asked = asked(&format!(r#"{{"type": "set", "key": "k", "value": {value}}}"#));
    asked.strip_prefix("set k = ").unwrap_or(&asked).to_owned()
}

#[test]
fn requests_as_the_original_writes_them() {
    assert_eq!(asked(r#"{"type": "set", "key": "a", "value": 10}"#), "set a = 10");
    assert_eq!(asked(r#"{"type": "get", "key": "a", "value": null}"#), "get a");
    assert_eq!(asked(r#"{"type": "get", "key": "a"}"#), "get a");
    assert_eq!(asked(r#"{"request_type":"write","value":"x y","key":"a b"}"#), "set a b = x y");
    assert_eq!(asked("\n{\t\"key\":\"\\u00e9\",\"request_type\":\"read\"} \r\n"), "get \\xc3\\xa9");
    assert_eq!(asked(r#"{"type":"get","key":""}"#), "get ");
}

#[test]
fn values_are_stored_as_python_prints_them() {
    for (json, python) in [
        ("10", "10"),
        ("-0", "-0"),
        ("1.50", "1.50"),
        ("1E400", "1E400"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        (r#""text""#, "text"),
        (r#""""#, ""),
        (r#""it's \"quoted\"\n""#, "it's \"quoted\"\n"),
        (r#""\ud83d\ude00\/\b""#, "😀/\u{8}"),
        ("true", "True"),
        ("false", "False"),
        (r#""None""#, "None"),
        ("{}", "{}"),
        ("[ ]", "[]"),
        (r#"{"x":1}"#, "{'x': 1}"),
        (r#"[1,"a",null,true,false,2.50]"#, "[1, 'a', None, True, False, 2.50]"),
        (r#"{"a":{"b":[[],{}]},"c":""}"#, "{'a': {'b': [[], {}]}, 'c': ''}"),
        (r#"["it's"]"#, r#"["it's"]"#),
        (r#"["say \"it's\""]"#, r#"['say "it\'s"']"#),
        (r#"["say \"it\""]"#, r#"['say "it"']"#),
        (r#"["\\ \n \r \t \u0000 \u001f \u007f"]"#, r"['\\ \n \r \t \x00 \x1f \x7f']"),
        (
            r#"["\u00a0 \u00ad \u00e9 \u0301 \u2028 \ue000 \ufeff"]"#,
            "['\\xa0 \\xad é \u{301} \\u2028 \\ue000 \\ufeff']",
        ),
        (r#"["\ud83d\ude00 \udb40\udc01 \u4e2d"]"#, r"['😀 \U000e0001 中']"),
    ] {
        assert_eq!(stored(json), python, "{json}");
    }
}

#[test]
fn what_is_no_request_is_told_so() {
    let object = "ERR a request is one JSON object, such as {\"type\": \"get\", \"key\": \"a\"}";
    for (text, error) in [
        ("", object),
        ("hello", object),
        ("[]", object),
        ("null", object),
        ("{", "ERR the name of a field was expected, at byte 1 of the request"),
        ("{}", "ERR a request needs \"type\": \"set\" or \"get\""),
        ("{} {}", "ERR the text goes on after its end, at byte 3 of the request"),
        (r#"{"type":"get"}"#, "ERR a request needs \"key\": a string"),
        (r#"{"key":"a"}"#, "ERR a request needs \"type\": \"set\" or \"get\""),
        (r#"{"type":"get","key":5}"#, "ERR \"key\" is a string"),
        (r#"{"type":"get","key":null}"#, "ERR \"key\" is a string"),
        (r#"{"type":7,"key":"a"}"#, "ERR \"type\" is a string: \"set\" or \"get\""),
        (r#"{"type":"del","key":"a"}"#, "ERR unknown type \"del\"; there are \"set\" and \"get\""),
        (r#"{"type":"SET","key":"a"}"#, "ERR unknown type \"SET\"; there are \"set\" and \"get\""),
        (r#"{"type":"set","key":"a"}"#, "ERR a set needs \"value\": what to write"),
        (
            r#"{"type":"set","key":"a","value":null}"#,
            "ERR a set needs a value, and null is none: None is what a get says of no value",
        ),
        (
            r#"{"type":"get","key":"a","value":1}"#,
            "ERR a get has no \"value\", or null: leave it out, or say set",
        ),
        (
            r#"{"type":"get","key":"a","level":"eventual"}"#,
            "ERR unknown field \"level\"; a request has \"type\", \"key\" and \"value\"",
        ),
        (
            r#"{"type":"get","request_type":"get","key":"a"}"#,
            "ERR the field \"request_type\" is given twice",
        ),
        (r#"{"type":"get","key":"a","key":"a"}"#, "ERR the field \"key\" is given twice"),
        (
            r#"{"type":"set","key":"a","value":1,"value":null}"#,
            "ERR the field \"value\" is given twice",
        ),
        (
            r#"{"type":"get","key":"a",}"#,
            "ERR the name of a field was expected, at byte 24 of the request",
        ),
        (r#"{"type":"get" "key":"a"}"#, "ERR a comma is missing, at byte 14 of the request"),
        (r#"{"type" "get"}"#, "ERR a colon is missing, at byte 8 of the request"),
        (r#"{"type":"get"#, "ERR a string is never closed, at byte 9 of the request"),
        ("{\"type\":\"g\net\"}", "ERR a control character in a string, at byte 10 of the request"),
        (r#"{"key":"\x"}"#, "ERR JSON has no such escape, at byte 9 of the request"),
        (r#"{"key":"\u12"}"#, "ERR \\u needs four hexadecimal digits, at byte 9 of the request"),
        (r#"{"key":"\u+123"}"#, "ERR \\u needs four hexadecimal digits, at byte 9 of the request"),
        (r#"{"key":"\ud800x"}"#, "ERR half a surrogate pair is no text, at byte 9 of the request"),
        (
            r#"{"key":"\ud800\u0041"}"#,
            "ERR half a surrogate pair is no text, at byte 9 of the request",
        ),
        (r#"{"key":"\udc00"}"#, "ERR half a surrogate pair is no text, at byte 9 of the request"),
        (r#"{"key":"\"#, "ERR a string is never closed, at byte 9 of the request"),
    ] {
        assert_eq!(asked(text), error, "{text}");
    }
    assert!(request::read(b"{\"key\":\"\xff\"}").unwrap_err().to_string().contains("UTF-8"));
    for value in ["01", "+1", "1.", ".5", "1e", "-", "NaN", "Infinity", "-Infinity", "nul", "'x'"] {
        let told = stored(value);
        assert!(told.starts_with("ERR "), "{value}: {told}");
    }
    assert_eq!(stored(r#"{"x":1,"x":1}"#), "ERR a field is given twice, at byte 44 of the request");
    let long = "q".repeat(100);
    let told = asked(&format!("{{\"type\":\"{long}\"}}"));
    assert_eq!(
        told,
        format!("ERR unknown type \"{}…\"; there are \"set\" and \"get\"", &long[..60])
    );
}

#[test]
fn sizes_and_depths_are_limited() {
    let nested = |depth| stored(&("[".repeat(depth) + &"]".repeat(depth)));
    assert_eq!(nested(32), "[".repeat(32) + &"]".repeat(32));
    assert!(nested(33).starts_with("ERR nested more than 32 deep"), "{}", nested(33));
    assert!(nested(1_000_000).starts_with("ERR nested more than 32 deep"));
    let list = |length| stored(&format!("[{}]", vec!["0"; length].join(",")));
    assert!(list(99_999).starts_with("[0, 0"));
    assert!(list(100_000).starts_with("ERR more than 100000 values in one"));
    let text = "x".repeat(VALUE_BYTES_MAX + 1);
    let of = |length: usize| stored(&format!("\"{}\"", &text[..length]));
    assert_eq!(of(VALUE_BYTES_MAX).len(), VALUE_BYTES_MAX);
    assert!(of(VALUE_BYTES_MAX + 1).starts_with("ERR a value has at most 16 MiB"));
    // What is short in JSON may be long in Python.
    let hidden = stored(&format!("[\"{}\"]", "\u{7f}".repeat(VALUE_BYTES_MAX / 4)));
    assert!(hidden.starts_with("ERR a value has at most 16 MiB"));
    let key = asked(&format!(r#"{{"type":"get","key":"{text}"}}"#));
    assert!(key.starts_with("ERR a key has at most 16 MiB"));
}

#[test]
fn replies_go_back_where_they_came_from() {
    let rendered = |reply: &Reply| {
        let envelope = Bytes::from_static(b"\x01\x02id\x01\0");
        let (back, mut out) = (Return { envelope, key: Bytes::from_static(b"k") }, vec![]);
        back.render(reply, &mut out);
        let text = out.strip_prefix(b"\x01\x02id\x01\0").unwrap();
        assert_eq!(text[..2], [0, text.len() as u8 - 2]);
        String::from_utf8(text[2..].to_vec()).unwrap()
    };
    assert_eq!(rendered(&Reply::Ok), "success");
    assert_eq!(rendered(&Reply::Nil), "k:None");
    assert_eq!(rendered(&Reply::Value(Bytes::from_static(b"1:2"))), "k:1:2");
    let error = |error| rendered(&Reply::Error(error));
    assert_eq!(error(node::Error::Indeterminate("who\nknows")), "error: INDETERMINATE who knows");
    assert_eq!(error(node::Error::ClusterDown("no")), "error: CLUSTERDOWN no");
    assert_eq!(error(node::Error::Invalid("no".into())), "error: ERR no");
}

/// One connection, past its handshake.
struct Talk {
    speaker: Speaker,
    bytes: BytesMut,
    replies: Replies,
}

impl Talk {
    fn begin(turns: &Turns) -> Talk {
        Talk::with_speaker(Speaker::new(turns.clone()))
    }

    fn with_speaker(speaker: Speaker) -> Talk {
        let bytes = BytesMut::from(&opening("REQ")[..]);
        let mut talk = Talk { speaker, bytes, replies: Replies::new(&crate::Bounds::default()) };
        for _greeted_and_ready in 0..2 {
            assert!(matches!(talk.next(), Said::Replied));
        }
        talk
    }

    fn next(&mut self) -> Said {
        self.speaker.take_next(&mut self.bytes, || (), &mut self.replies)
    }

    fn say(&mut self, body: &[u8]) -> Said {
        self.bytes.extend_from_slice(&message(&[b"", body]));
        self.next()
    }

    fn is_free(&mut self) -> bool {
        self.speaker.poll_free(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    async fn free(&mut self) {
        poll_fn(|cx| self.speaker.poll_free(cx)).await;
    }
}

/// A set of a list with one long text, which takes six times as much in JSON.
fn long_set() -> Vec<u8> {
    let text = "\\u0041".repeat(100_000);
    format!(r#"{{"type":"set","key":"k","value":["{text}"]}}"#).into()
}

const GET: &[u8] = br#"{"type":"get","key":"k"}"#;

#[track_caller]
fn assert_asks_get(said: &Said) {
    let Said::Ask { command, .. } = said else { panic!("{said:?}") };
    assert_eq!(*command, Command::get("k".into()));
}

#[tokio::test]
async fn a_long_request_is_read_beside_the_loop_and_holds_up_nobody_else() {
    let turns = Turns::default();
    let (mut long, mut short) = (Talk::begin(&turns), Talk::begin(&turns));
    let gate = turns.take_all();
    let body = long_set();
    let rest = message(&[b"", GET]);
    long.bytes.extend_from_slice(&[message(&[b"", &body]), rest.clone()].concat());
    let said = long.next();
    assert!(matches!(said, Said::Later), "{said:?}");
    assert!(long.speaker.held_bytes() >= body.len(), "it is charged meanwhile");
    assert!(!long.is_free() && long.bytes == rest, "what comes next waits");
    assert_asks_get(&short.say(GET));
    assert!(!long.is_free());
    drop(gate);
    long.free().await;
    let said = long.next();
    let Said::Ask { command, .. } = said else { panic!("{said:?}") };
    let [key, value] = command.arguments()[..] else { panic!("{command:?}") };
    assert_eq!((command.name(), key, value.len()), ("set", &b"k"[..], 100_000 + "['']".len()));
    assert_asks_get(&long.next());
    assert!(long.is_free());
}

#[tokio::test]
async fn what_is_asked_at_the_end_of_the_server_is_refused() {
    let shared = shared();
    let mut talk = Talk::begin(&Turns::default());
    shared.shut_down().await;
    talk.bytes.extend_from_slice(&message(&[b"", GET]));
    let said = talk.speaker.next(&mut talk.bytes, &shared, &mut talk.replies);
    assert!(matches!(said, Said::Replied), "{said:?}");
    let told = talk.replies.reply(|out| String::from_utf8_lossy(out).into_owned());
    assert!(told.contains(AT_END), "{told}");
}

#[tokio::test]
async fn what_is_wrong_with_a_long_request_is_told_in_its_place() {
    let mut talk = Talk::begin(&Turns::default());
    let said = talk.say(&[b'x'; 70_000]);
    assert!(matches!(said, Said::Later), "{said:?}");
    talk.free().await;
    assert!(matches!(talk.next(), Said::Replied));
    let told = talk.replies.reply(|out| String::from_utf8_lossy(out).into_owned());
    assert!(told.contains("error: ERR a request is one JSON object"), "{told}");
    assert_asks_get(&talk.say(GET));
}

#[tokio::test]
async fn who_goes_away_while_its_request_is_read_leaves_nothing() {
    let turns = Turns::default();
    let gate = turns.take_all();
    let body = Bytes::from(long_set());
    let mut waiting = Box::pin(turns.read(body.clone()));
    assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(!body.is_unique());
    drop(waiting);
    assert!(body.is_unique(), "what waits for its turn goes at once");
    drop(gate);
    let mut read = Box::pin(turns.read(body.clone()));
    assert!(read.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(read);
    // Whatever became of it, its turn comes back: all can be had.
    turns.wait_for_all().await;
    assert!(body.is_unique());
}

#[tokio::test]
async fn who_does_not_say_what_it_is_is_late_and_who_has_said_it_never() {
    let patience = Duration::from_millis(20);
    let speaker = || Speaker::with_patience(Turns::default(), patience);
    let is_late = |speaker: &mut Speaker| speaker.is_late(&mut Context::from_waker(Waker::noop()));
    let (mut silent, mut ready) = (speaker(), Talk::with_speaker(speaker()));
    assert!(!is_late(&mut silent));
    tokio::time::sleep(2 * patience).await;
    assert!(is_late(&mut silent) && !is_late(&mut ready.speaker));
}

#[tokio::test]
async fn a_pong_does_not_wait_for_an_answer() {
    let mut talk = Talk::begin(&Turns::default());
    let Said::Ask { form, bytes, .. } = talk.say(GET) else { panic!("it asks nothing") };
    let _unanswered = talk.replies.ask(form, bytes);
    let context = b"sixteen bytes ..";
    let mut ping = vec![];
    frame::write(&mut ping, COMMAND, &[b"\x04PING\0\x0a", context]);
    talk.bytes.extend_from_slice(&ping);
    assert!(matches!(talk.next(), Said::Replied));
    let out = talk.replies.aside(|out| out.clone());
    assert!(out.ends_with(context), "{}", out.escape_ascii());
}

#[test]
fn after_an_error_nothing_more_is_to_be_had() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.next(&mut BytesMut::from("PING\r\n")), Err(Error::NotZmtp));
    let mut good = BytesMut::from(&opening("REQ")[..]);
    assert_eq!(decoder.next(&mut good), Err(Error::NotZmtp));
}

#[test]
fn the_longest_request_is_taken_and_what_is_before_it_counted() {
    let (mut decoder, mut buffer) = (Decoder::default(), BytesMut::new());
    buffer.extend_from_slice(&opening("REQ"));
    buffer.extend_from_slice(&message(&[&[b'p'; 3000], b"", b""])[..3011]);
    buffer.extend_from_slice(b"\x02");
    buffer.extend_from_slice(&BODY_BYTES_MAX.to_be_bytes());
    while decoder.next(&mut buffer).unwrap().is_some() {}
    assert!(decoder.held_bytes() >= 3000, "{} bytes", decoder.held_bytes());
    buffer.resize(buffer.len() + BODY_BYTES_MAX as usize, b'x');
    let Ok(Some(Event::Message(Message { body: Ok(body), .. }))) = decoder.next(&mut buffer) else {
        panic!("it is not taken");
    };
    assert_eq!(body.len() as u64, BODY_BYTES_MAX);
}
