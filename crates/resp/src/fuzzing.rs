//! What must hold for any bytes: nothing panics, pieces mean what the whole means, what is read can
//! be written and read again, and memory grows with the bytes that came.
//!
//! The fuzz targets in `fuzz/` look for bytes for which it does not; the tests here try some at
//! random.

use bytes::BytesMut;

use crate::{
    DEPTH_MAX, DecodeError, Decoder, Limits, Parser, ProtocolError, Value, command, split_words,
};

/// Limits that short bytes can reach.
const SMALL: Limits =
    Limits { bulk_bytes_max: 40, arguments_max: 5, inline_bytes_max: 60, request_bytes_max: 100 };
/// What a reader may hold beside its buffer for each byte that came: of a request the place of an
/// argument for every four, of a reply a value for every three, in lists that double as they grow.
const HELD_FOR_A_BYTE: usize = 64;
/// What it may hold in any case.
const HELD_AT_LEAST: usize = 16 << 10;

/// The requests of a stream, and the error that ended it if one did.
type Requests = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>);
/// The same of replies.
type Replies = (Vec<Value>, Option<DecodeError>);

/// A stream of requests. Its first byte says in pieces of what length it comes the second time.
pub fn requests(bytes: &[u8]) {
    let Some((length, stream)) = bytes.split_first() else { return };
    for limits in [Limits::default(), SMALL] {
        let whole = read_requests(limits, stream, stream.len());
        assert_eq!(whole, read_requests(limits, stream, usize::from(*length)));
        for arguments in whole.0 {
            let mut written = vec![];
            command(&mut written, &arguments);
            let read = read_requests(Limits::default(), &written, written.len());
            assert_eq!(read, (vec![arguments], None));
        }
    }
}

fn read_requests(limits: Limits, stream: &[u8], length: usize) -> Requests {
    let (mut parser, mut buffer, mut requests) = (Parser::new(limits), BytesMut::new(), vec![]);
    for piece in stream.chunks(length.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match parser.next(&mut buffer) {
                Ok(None) => break,
                Ok(Some(request)) => {
                    assert!(!request.is_empty(), "a request has a name");
                    requests.push(request.iter().map(<[u8]>::to_vec).collect());
                }
                Err(error) => {
                    assert_eq!(parser.next(&mut buffer).unwrap_err(), error, "errors stay");
                    return (requests, Some(error));
                }
            }
        }
        assert!(parser.held_bytes() <= HELD_AT_LEAST + HELD_FOR_A_BYTE * stream.len());
    }
    (requests, None)
}

/// One line of words. What can be read can be quoted and read again.
pub fn inline(line: &[u8]) {
    let Ok(words) = split_words(line) else { return };
    assert!(words.iter().map(Vec::len).sum::<usize>() <= line.len());
    let quoted: Vec<String> = words
        .iter()
        .map(|word| word.iter().map(|byte| format!("\\x{byte:02x}")).collect())
        .collect();
    let line: Vec<String> = quoted.iter().map(|word| format!("\"{word}\"")).collect();
    assert_eq!(split_words(line.join(" ").as_bytes()), Ok(words));
}

/// A stream of replies. Its first byte says in pieces of what length it comes the second time.
pub fn replies(bytes: &[u8]) {
    let Some((length, stream)) = bytes.split_first() else { return };
    let (values, error) = read_replies(stream, stream.len());
    // A number may be none, which differs from itself: the texts are compared.
    let (pieces, error_of_pieces) = read_replies(stream, usize::from(*length));
    assert_eq!(format!("{values:?}"), format!("{pieces:?}"));
    assert_eq!(error, error_of_pieces);
    assert!(values.iter().all(|value| depth(value) <= DEPTH_MAX + 1));
}

fn read_replies(stream: &[u8], length: usize) -> Replies {
    let (mut decoder, mut buffer, mut values) = (Decoder::default(), BytesMut::new(), vec![]);
    for piece in stream.chunks(length.max(1)) {
        buffer.extend_from_slice(piece);
        loop {
            match decoder.next(&mut buffer) {
                Ok(None) => break,
                Ok(Some(value)) => values.push(value),
                Err(error) => {
                    assert_eq!(decoder.next(&mut buffer), Err(error), "errors stay");
                    return (values, Some(error));
                }
            }
        }
    }
    (values, None)
}

/// How deep aggregates lie in each other; a value that is none has 1.
fn depth(value: &Value) -> usize {
    let pairs = |pairs: &[(Value, Value)]| {
        pairs.iter().map(|(key, value)| depth(key).max(depth(value))).max().unwrap_or(0)
    };
    let below = match value {
        Value::Array(all) | Value::Set(all) | Value::Push(all) => {
            all.iter().map(depth).max().unwrap_or(0)
        }
        Value::Map(all) => pairs(all),
        Value::Attributed(all, about) => pairs(all).max(depth(about)),
        _ => 0,
    };
    below + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bytes that look like the language often enough to get far.
    fn any_stream() -> impl Strategy<Value = Vec<u8>> {
        let words: [&[u8]; 30] = [
            b"\r\n",
            b"\r",
            b"\n",
            b"*",
            b"$",
            b"*1\r\n",
            b"*2\r\n",
            b"$1\r\n",
            b"$3\r\n",
            b"GET\r\n",
            b"0",
            b"-",
            b"7",
            b"\"",
            b"'",
            b"\\",
            b"\\x4",
            b" ",
            b":1\r\n",
            b"POST",
            b"+OK\r\n",
            b"%1\r\n",
            b"~1\r\n",
            b">1\r\n",
            b"|1\r\n",
            b",1.5\r\n",
            b"_\r\n",
            b"#t\r\n",
            b"=7\r\ntxt:abc\r\n",
            b"(12\r\n",
        ];
        let piece = prop_oneof![
            1 => any::<u8>().prop_map(|byte| vec![byte]),
            4 => prop::sample::select(words.map(<[u8]>::to_vec).to_vec()),
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_requests(length in 1..9u8, stream in any_stream()) {
            requests(&[&[length][..], &stream].concat());
        }

        #[test]
        fn any_replies(length in 1..9u8, stream in any_stream()) {
            replies(&[&[length][..], &stream].concat());
        }

        #[test]
        fn any_line(line in any_stream()) {
            inline(&line);
        }
    }
}
