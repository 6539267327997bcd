//! Requests arrive in pieces of any size, well formed or not, and mean the same in all of them.

use bytes::BytesMut;
use proptest::prelude::*;
use resp::{Limits, Parser, ProtocolError, command};

/// The requests of a stream, and the error that ended it if one did.
type Outcome = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);

/// What a parser makes of a stream that arrives in pieces that end at these places.
fn read(mut parser: Parser, stream: &[u8], ends: impl IntoIterator<Item = usize>) -> Outcome {
    let (mut buffer, mut requests, mut start) = (BytesMut::new(), vec![], 0);
    for end in ends.into_iter().chain([stream.len()]) {
        buffer.extend_from_slice(&stream[start..end]);
        start = end;
        loop {
            match parser.next(&mut buffer) {
                Ok(Some(request)) => requests.push(request.iter().map(<[u8]>::to_vec).collect()),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(parser.next(&mut buffer).unwrap_err(), error, "errors stay");
                    return (requests, Some(error));
                }
            }
        }
    }
    (requests, None)
}

/// What a stream means, in one piece and byte by byte alike.
fn check(stream: &[u8]) -> Outcome {
    let whole = read(Parser::default(), stream, []);
    let byte_by_byte = read(Parser::default(), stream, 0..stream.len());
    assert_eq!(whole, byte_by_byte, "{}", stream.escape_ascii());
    whole
}

fn words(line: &[&str]) -> Vec<Vec<u8>> {
    line.iter().map(|word| word.as_bytes().to_vec()).collect()
}

#[test]
fn arrays_and_lines_may_follow_each_other() {
    let stream = b"*1\r\n$4\r\nPING\r\nset k \"a b\"\r\n\r\n\n*0\r\n*-1\r\n*-7\r\nget k\n \r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n";
    let expected = vec![
        words(&["PING"]),
        words(&["set", "k", "a b"]),
        words(&["get", "k"]),
        words(&["ECHO", ""]),
    ];
    assert_eq!(check(stream), (expected, None));
}

#[test]
fn arguments_may_hold_any_bytes() {
    let mut stream = vec![];
    let value: Vec<u8> = (0..=255).collect();
    command(&mut stream, &[b"SET", b"\r\n*$".as_slice(), &value]);
    assert_eq!(check(&stream).0, vec![vec![b"SET".to_vec(), b"\r\n*$".to_vec(), value]]);
}

#[test]
fn errors_have_the_texts_of_redis() {
    let long = "a".repeat(70_000);
    let cases = [
        ("*1\r\n:4\r\n", "expected '$', got ':'"),
        ("*2\r\n$3\r\nGET\r\nk\r\n", "expected '$', got 'k'"),
        ("*1\r\n\r\n\r\n", "expected '$', got ' '"),
        ("*1\r\n\x01\r\n", "expected '$', got '\\x01'"),
        ("*1\r\n$abc\r\n", "invalid bulk length"),
        ("*1\r\n$-1\r\n", "invalid bulk length"),
        ("*1\r\n$67108865\r\n", "invalid bulk length"),
        ("*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
        ("*1\r\n$04\r\nPING\r\n", "invalid bulk length"),
        ("*1\r\n$4\rPING\r\n", "invalid bulk length"),
        ("*1\r\n$3\r\nPING\r\n", "invalid bulk length"),
        ("*abc\r\n", "invalid multibulk length"),
        ("*\r\n", "invalid multibulk length"),
        ("*+1\r\n", "invalid multibulk length"),
        ("*1048577\r\n", "invalid multibulk length"),
        ("*3000000000\r\n", "invalid multibulk length"),
        ("set a \"b\r\n", "unbalanced quotes in request"),
        ("set a 'b'c\r\n", "unbalanced quotes in request"),
        (&long, "too big inline request"),
        (&format!("{long}\r\n"), "too big inline request"),
        (&format!("*{long}"), "too big mbulk count string"),
        (&format!("*1\r\n${long}"), "too big bulk count string"),
    ];
    for (stream, text) in cases {
        let stream = format!("PING\r\n{stream}");
        let (requests, error) = check(stream.as_bytes());
        assert_eq!(requests, [words(&["PING"])], "what came before counts: {text}");
        let mut reply = vec![];
        error.unwrap_or_else(|| panic!("{text}")).write(&mut reply);
        assert_eq!(String::from_utf8(reply).unwrap(), format!("-ERR Protocol error: {text}\r\n"));
    }
}

#[test]
fn a_browser_is_turned_away_in_silence() {
    for stream in ["POST / HTTP/1.1\r\nHost: x\r\n\r\nSET a b\r\n", "x\r\nhost: a\r\nSET a b\r\n"] {
        let (requests, error) = check(stream.as_bytes());
        assert!(requests.len() < 2);
        assert_eq!(error, Some(ProtocolError::ForeignProtocol));
        let mut reply = vec![];
        ProtocolError::ForeignProtocol.write(&mut reply);
        assert!(reply.is_empty());
    }
}

#[test]
fn limits_are_exact() {
    let limits = Limits {
        bulk_bytes_max: 10,
        arguments_max: 3,
        inline_bytes_max: 20,
        request_bytes_max: 40,
    };
    let outcome = |stream: &str| {
        let whole = read(Parser::new(limits), stream.as_bytes(), []);
        assert_eq!(whole, read(Parser::new(limits), stream.as_bytes(), 0..stream.len()));
        whole.1
    };
    assert_eq!(outcome("*1\r\n$10\r\n0123456789\r\n"), None);
    assert_eq!(outcome("*1\r\n$11\r\n"), Some(ProtocolError::BulkLength));
    assert_eq!(outcome("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"), None);
    assert_eq!(outcome("*4\r\n"), Some(ProtocolError::ArgumentCount));
    assert_eq!(outcome(&format!("{}\n", "a".repeat(20))), None);
    assert_eq!(outcome(&format!("{}\n", "a".repeat(21))), Some(ProtocolError::InlineTooLong));
    let two = "*3\r\n$10\r\n0123456789\r\n$10\r\n0123456789\r\n";
    assert_eq!(two.len(), 38, "nothing fits behind it but the end of the request");
    assert_eq!(outcome(&format!("{two}$1\r\n")), Some(ProtocolError::RequestTooLong));
}

#[test]
fn nothing_is_set_aside_for_what_was_only_announced() {
    let mut parser = Parser::default();
    let mut buffer = BytesMut::from("*1048576\r\n$16777216\r\nabc");
    let capacity = buffer.capacity();
    assert!(parser.next(&mut buffer).unwrap().is_none());
    assert_eq!(buffer.capacity(), capacity);
}

#[test]
fn a_request_in_many_pieces_is_read_once() {
    const ARGUMENTS: usize = 100_000; // read anew for each piece, this would take hours
    let mut stream = vec![];
    command(&mut stream, &vec!["ab"; ARGUMENTS]);
    let (requests, error) = read(Parser::default(), &stream, (0..stream.len()).step_by(3));
    assert_eq!((requests.len(), requests[0].len(), error), (1, ARGUMENTS, None));
}

#[test]
fn space_is_used_again_once_the_request_is_let_go() {
    let mut parser = Parser::default();
    let mut buffer = BytesMut::with_capacity(1024);
    let start = buffer.as_ptr();
    for _ in 0..1000 {
        buffer.extend_from_slice(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
        assert!(parser.next(&mut buffer).unwrap().is_some());
        assert!(parser.next(&mut buffer).unwrap().is_none());
        buffer.reserve(1024);
        assert_eq!(buffer.as_ptr(), start);
    }
}

/// Requests as clients write them, with what each is to be read as (nothing: it is skipped).
fn any_request() -> impl Strategy<Value = (Vec<u8>, Option<Vec<Vec<u8>>>)> {
    let array = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6).prop_map(
        |arguments| {
            let mut bytes = vec![];
            command(&mut bytes, &arguments);
            (bytes, Some(arguments))
        },
    );
    let line = prop::collection::vec("[a-zA-Z0-9*$:]{1,9}", 1..5)
        .prop_filter("a browser, or an array", |words| {
            !words[0].starts_with('*') && !["POST", "HOST:"].contains(&&*words[0].to_uppercase())
        })
        .prop_map(|words| {
            let bytes = format!(" {}\r\n", words.join("  ")).into_bytes();
            (bytes, Some(words.into_iter().map(String::into_bytes).collect()))
        });
    let skipped = prop::sample::select(vec!["\r\n", "\n", "*0\r\n", "*-1\r\n", "  \n"])
        .prop_map(|bytes| (bytes.as_bytes().to_vec(), None));
    prop_oneof![5 => array, 2 => line, 1 => skipped]
}

/// Bytes that look like requests often enough to get far.
fn any_noise() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        prop::sample::select(vec![
            "\r\n", "\r", "\n", "*", "$", "*1\r\n", "*2\r\n", "$1\r\n", "$3\r\n", "GET\r\n", "0",
            "-", "7", "\"", "'", "\\", "\\x4", " ", ":", "POST", "PING\r\n",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Where to cut a stream so long.
fn cuts(places: Vec<prop::sample::Index>, length: usize) -> Vec<usize> {
    let mut cuts: Vec<usize> = places.into_iter().map(|place| place.index(length + 1)).collect();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #[test]
    fn pipelines_are_read_as_they_were_written(
        requests in prop::collection::vec(any_request(), 0..20),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let stream: Vec<u8> = requests.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let expected: Vec<_> = requests.into_iter().filter_map(|(_, words)| words).collect();
        let outcome = read(Parser::default(), &stream, cuts(places, stream.len()));
        prop_assert_eq!(outcome, (expected, None));
    }

    #[test]
    fn noise_means_the_same_however_it_is_cut(
        stream in any_noise(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let whole = check(&stream);
        prop_assert_eq!(whole, read(Parser::default(), &stream, cuts(places, stream.len())));
    }
}

#[test]
fn a_long_request_leaves_the_buffer_short() {
    let keys: Vec<_> = (0..100_000).map(|n| format!("key:{n}")).collect();
    let mut stream = vec![];
    command(&mut stream, &[&["EXISTS".to_string()], &keys[..]].concat());
    let (mut parser, mut buffer, mut most) = (Parser::default(), BytesMut::new(), 0);
    let mut chunks = stream.chunks(1000);
    let request = loop {
        buffer.extend_from_slice(chunks.next().expect("it is complete at the end"));
        most = most.max(buffer.len());
        if let Some(request) = parser.next(&mut buffer).unwrap() {
            break request.clone();
        }
    };
    assert!(most < 34_000 && buffer.is_empty(), "{most} bytes lie in the buffer");
    assert_eq!(request.len(), 100_001);
    assert!(request.iter().skip(1).eq(keys.iter().map(String::as_bytes)));
    assert_eq!((&request[0], &request[99_999]), (&b"EXISTS"[..], &b"key:99998"[..]));
    assert_eq!((request.bytes(100_000), request.get(100_001)), ("key:99999".into(), None));
    assert!(request.has_longer(8) && !request.has_longer(9));
    let pieces: Vec<_> = request.pieces().expect("it is long").collect();
    let lie = |(bytes, places): &(bytes::Bytes, std::sync::Arc<[std::ops::Range<u32>]>)| {
        places
            .iter()
            .map(|at| bytes[at.start as usize..at.end as usize].to_vec())
            .collect::<Vec<_>>()
    };
    assert!(pieces.iter().flat_map(lie).eq(request.iter().map(<[u8]>::to_vec)));
    assert!(request.kept_bytes() >= stream.len());
}

#[test]
fn a_long_request_is_limited_as_a_whole() {
    let limits = Limits { request_bytes_max: 100_000, ..Limits::default() };
    let stream = [&b"*50000\r\n"[..], &b"$1\r\na\r\n".repeat(20_000)].concat();
    let outcome = read(Parser::new(limits), &stream, (0..stream.len()).step_by(500));
    assert_eq!(outcome.1, Some(ProtocolError::RequestTooLong));
}
