//! Replies are written as the protocols say, and read back as what was meant.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use resp::{DEPTH_MAX, DecodeError, Decoder, Protocol, Value, Writer};

/// What a reply is in each protocol.
fn check(write: impl Fn(&mut Writer<'_>), resp2: &str, resp3: &str) {
    for (protocol, expected) in [(Protocol::Resp2, resp2), (Protocol::Resp3, resp3)] {
        let mut out = b"before".to_vec();
        write(&mut Writer::new(&mut out, protocol));
        assert_eq!(
            out.escape_ascii().to_string(),
            format!("before{}", expected.as_bytes().escape_ascii())
        );
    }
}

/// The replies of a stream that arrives in pieces that end at these places.
fn read(stream: &[u8], ends: impl IntoIterator<Item = usize>) -> Result<Vec<Value>, DecodeError> {
    let (mut decoder, mut buffer, mut values) = (Decoder::default(), BytesMut::new(), vec![]);
    let mut start = 0;
    for end in ends.into_iter().chain([stream.len()]) {
        buffer.extend_from_slice(&stream[start..end]);
        start = end;
        while let Some(value) = decoder.next(&mut buffer)? {
            values.push(value);
        }
    }
    Ok(values)
}

/// What a stream means, in one piece and byte by byte alike.
fn decode(stream: &[u8]) -> Result<Vec<Value>, DecodeError> {
    let whole = read(stream, []);
    assert_eq!(whole, read(stream, 0..stream.len()), "{}", stream.escape_ascii());
    whole
}

#[test]
fn every_kind_of_reply_has_its_form() {
    check(|w| w.simple("OK"), "+OK\r\n", "+OK\r\n");
    check(|w| w.integer(-42), ":-42\r\n", ":-42\r\n");
    check(|w| w.bulk("a\r\nb"), "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n");
    check(|w| w.bulk(""), "$0\r\n\r\n", "$0\r\n\r\n");
    check(|w| w.nil(), "$-1\r\n", "_\r\n");
    check(|w| w.nil_array(), "*-1\r\n", "_\r\n");
    check(|w| w.array(12), "*12\r\n", "*12\r\n");
    check(|w| w.map(7), "*14\r\n", "%7\r\n");
    check(|w| w.set(2), "*2\r\n", "~2\r\n");
    check(|w| w.verbatim("hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n");
    check(|w| w.boolean(true), ":1\r\n", "#t\r\n");
    check(|w| w.boolean(false), ":0\r\n", "#f\r\n");
}

#[test]
fn an_attribute_stands_before_the_value_that_it_is_about() {
    let mut out = vec![];
    let mut writer = Writer::new(&mut out, Protocol::Resp3);
    writer.attribute(1);
    writer.bulk("a");
    writer.integer(1);
    writer.simple("OK");
    assert_eq!(out.escape_ascii().to_string(), "|1\\r\\n$1\\r\\na\\r\\n:1\\r\\n+OK\\r\\n");
}

#[test]
#[should_panic(expected = "only RESP3 has attributes")]
fn resp2_has_no_attributes() {
    Writer::new(&mut vec![], Protocol::Resp2).attribute(1);
}

#[test]
fn doubles_are_written_with_the_fewest_digits() {
    for (value, text) in [
        (0.0, "0"),
        (1.5, "1.5"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (1e300, "1e300"),
        (f64::MIN, "-1.7976931348623157e308"),
        (5e-324, "5e-324"),
        (0.000_012_345_678_901_234_567, "0.000012345678901234568"),
        (f64::INFINITY, "inf"),
        (f64::NEG_INFINITY, "-inf"),
        (f64::NAN, "nan"),
    ] {
        check(
            |w| w.double(value),
            &format!("${}\r\n{text}\r\n", text.len()),
            &format!(",{text}\r\n"),
        );
    }
}

#[test]
fn nobody_forges_a_reply_inside_an_error() {
    check(|w| w.error("ERR a\r\n+OK"), "-ERR a  +OK\r\n", "-ERR a  +OK\r\n");
    check(|w| w.error_with(format_args!("ERR {}", "\n")), "-ERR  \r\n", "-ERR  \r\n");
    check(|w| w.simple("a\rb"), "+a b\r\n", "+a b\r\n");
}

#[test]
fn every_kind_of_value_is_read() {
    let text = |text: &'static str| Bytes::from_static(text.as_bytes());
    let cases = [
        ("$-1\r\n", Value::Nil),
        ("*-1\r\n", Value::Nil),
        ("_\r\n", Value::Nil),
        ("+OK\r\n", Value::Simple(text("OK"))),
        ("-ERR no\r\n", Value::Error(text("ERR no"))),
        ("!6\r\nERR no\r\n", Value::Error(text("ERR no"))),
        (":-7\r\n", Value::Integer(-7)),
        (":+7\r\n", Value::Integer(7)),
        ("$4\r\na\r\nb\r\n", Value::Bulk(text("a\r\nb"))),
        ("*0\r\n", Value::Array(vec![])),
        ("*2\r\n:1\r\n*1\r\n$-1\r\n", {
            Value::Array(vec![Value::Integer(1), Value::Array(vec![Value::Nil])])
        }),
        ("%1\r\n+a\r\n:1\r\n", Value::Map(vec![(Value::Simple(text("a")), Value::Integer(1))])),
        ("~1\r\n#t\r\n", Value::Set(vec![Value::Boolean(true)])),
        (">1\r\n#f\r\n", Value::Push(vec![Value::Boolean(false)])),
        (",1.5\r\n", Value::Double(1.5)),
        (",-inf\r\n", Value::Double(f64::NEG_INFINITY)),
        ("(-123456789012345678901234567890\r\n", {
            Value::BigNumber(text("-123456789012345678901234567890"))
        }),
        ("=6\r\ntxt:hi\r\n", Value::Verbatim(text("txt"), text("hi"))),
        ("|1\r\n+a\r\n:1\r\n+OK\r\n", {
            let pairs = vec![(Value::Simple(text("a")), Value::Integer(1))];
            Value::Attributed(pairs, Box::new(Value::Simple(text("OK"))))
        }),
    ];
    for (stream, value) in cases {
        assert_eq!(decode(stream.as_bytes()), Ok(vec![value]));
    }
}

#[test]
fn what_is_no_reply_is_refused() {
    let line = format!("+{}", "a".repeat(70_000));
    for (stream, error) in [
        ("GET\r\n", DecodeError::Marker(b'G')),
        ("\r\n", DecodeError::Marker(b'\r')),
        ("$?\r\n", DecodeError::Length),
        ("$-2\r\n", DecodeError::Length),
        ("$99999999999\r\n", DecodeError::Length),
        ("*99999999999\r\n", DecodeError::Length),
        ("%-1\r\n", DecodeError::Length),
        (":x\r\n", DecodeError::Scalar),
        ("#x\r\n", DecodeError::Scalar),
        ("_x\r\n", DecodeError::Scalar),
        ("(1.5\r\n", DecodeError::Scalar),
        ("=2\r\nhi\r\n", DecodeError::Scalar),
        ("$2\r\nabc\r\n", DecodeError::Line),
        ("+OK\rx", DecodeError::Line),
        (&line, DecodeError::Line),
        (&"*1\r\n".repeat(DEPTH_MAX + 1), DecodeError::Depth),
        (&"|0\r\n".repeat(DEPTH_MAX + 1), DecodeError::Depth),
    ] {
        assert_eq!(decode(stream.as_bytes()), Err(error), "{}", stream.escape_debug());
    }
    let deepest = "*1\r\n".repeat(DEPTH_MAX) + ":1\r\n";
    assert_eq!(decode(deepest.as_bytes()).map(|values| values.len()), Ok(1));
}

#[test]
fn a_value_for_people_fits_one_line() {
    let values = decode(b"*4\r\n$3\r\na\n\"\r\n_\r\n%1\r\n+k\r\n:1\r\n-ERR x\r\n").unwrap();
    assert_eq!(values[0].to_string(), r#"["a\n\"", (nil), {k: (integer) 1}, (error) ERR x]"#);
}

fn any_value() -> impl Strategy<Value = Value> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..20).prop_map(Bytes::from);
    let line = || "[ -~]{0,20}".prop_map(Bytes::from);
    let leaf = prop_oneof![
        Just(Value::Nil),
        line().prop_map(Value::Simple),
        line().prop_map(Value::Error),
        any::<i64>().prop_map(Value::Integer),
        bytes().prop_map(Value::Bulk),
        any::<f64>().prop_filter("not equal to itself", |v| !v.is_nan()).prop_map(Value::Double),
        any::<bool>().prop_map(Value::Boolean),
        "-?[1-9][0-9]{0,40}".prop_map(|digits| Value::BigNumber(digits.into())),
        ("[a-z]{3}", bytes()).prop_map(|(format, text)| Value::Verbatim(format.into(), text)),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let many = prop::collection::vec(inner.clone(), 0..5);
        let pairs = prop::collection::vec((inner.clone(), inner.clone()), 0..3);
        prop_oneof![
            many.clone().prop_map(Value::Array),
            many.clone().prop_map(Value::Set),
            many.prop_map(Value::Push),
            pairs.clone().prop_map(Value::Map),
            (pairs, inner).prop_map(|(pairs, value)| Value::Attributed(pairs, Box::new(value))),
        ]
    })
}

/// The RESP3 form of a value.
fn encode(out: &mut Vec<u8>, value: &Value) {
    let header = |out: &mut Vec<u8>, marker: char, length: usize| {
        out.extend_from_slice(format!("{marker}{length}\r\n").as_bytes());
    };
    let mut writer = Writer::new(out, Protocol::Resp3);
    match value {
        Value::Nil => writer.nil(),
        Value::Simple(text) => writer.simple(std::str::from_utf8(text).unwrap()),
        Value::Error(text) => writer.error(text),
        Value::Integer(value) => writer.integer(*value),
        Value::Bulk(bytes) => writer.bulk(bytes),
        Value::Double(value) => writer.double(*value),
        Value::Boolean(value) => writer.boolean(*value),
        Value::BigNumber(digits) => out.extend_from_slice(&[b"(", &digits[..], b"\r\n"].concat()),
        Value::Verbatim(format, text) => {
            header(out, '=', text.len() + 4);
            out.extend_from_slice(&[&format[..], b":", text, b"\r\n"].concat());
        }
        Value::Array(values) | Value::Set(values) | Value::Push(values) => {
            header(
                out,
                match value {
                    Value::Array(_) => '*',
                    Value::Set(_) => '~',
                    _ => '>',
                },
                values.len(),
            );
            values.iter().for_each(|value| encode(out, value));
        }
        Value::Map(pairs) | Value::Attributed(pairs, _) => {
            header(out, if matches!(value, Value::Map(_)) { '%' } else { '|' }, pairs.len());
            for (key, value) in pairs {
                encode(out, key);
                encode(out, value);
            }
            if let Value::Attributed(_, value) = value {
                encode(out, value);
            }
        }
    }
}

proptest! {
    #[test]
    fn values_come_back_however_they_are_cut(
        values in prop::collection::vec(any_value(), 0..5),
        places in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut stream = vec![];
        values.iter().for_each(|value| encode(&mut stream, value));
        let mut cuts: Vec<_> = places.iter().map(|place| place.index(stream.len() + 1)).collect();
        cuts.sort_unstable();
        prop_assert_eq!(read(&stream, cuts), Ok(values.clone()));
        prop_assert_eq!(decode(&stream), Ok(values));
    }

    #[test]
    fn noise_is_read_alike_however_it_is_cut(stream in "([*~>%|$=!:,#_(+-]|[0-9]|\r\n|[a-z]){0,60}") {
        let _ = decode(stream.as_bytes());
    }

    #[test]
    fn random_bytes_are_read_alike_however_they_are_cut(
        stream in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = decode(&stream);
    }
}
