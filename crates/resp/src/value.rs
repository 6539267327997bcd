//! What a server answered, as values of our own.

use std::fmt;

use bytes::Bytes;

/// A reply, RESP2 or RESP3. Texts and strings are the server's bytes, which need not be UTF-8.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing there; RESP2's null string and null array too.
    Nil,
    /// A status such as `OK`.
    Simple(Bytes),
    /// An error, its code first; RESP3's long form too.
    Error(Bytes),
    /// A number.
    Integer(i64),
    /// A string of any bytes.
    Bulk(Bytes),
    /// Values in order.
    Array(Vec<Value>),
    /// Pairs of values, as they came.
    Map(Vec<(Value, Value)>),
    /// Values in no order, as they came.
    Set(Vec<Value>),
    /// What the server says unasked; no reply to any command.
    Push(Vec<Value>),
    /// A floating point number.
    Double(f64),
    /// Yes or no.
    Boolean(bool),
    /// A whole number of any size, in decimal.
    BigNumber(Bytes),
    /// A text and its format, such as `txt`.
    Verbatim(Bytes, Bytes),
    /// A value with more about it.
    Attributed(Vec<(Value, Value)>, Box<Value>),
}

impl Value {
    /// The bytes of a string, status or verbatim text.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Value::Simple(bytes) | Value::Bulk(bytes) | Value::Verbatim(_, bytes) => Some(bytes),
            Value::Attributed(_, value) => value.as_bytes(),
            _ => None,
        }
    }

    /// The text of an error, its code first.
    pub fn as_error(&self) -> Option<&[u8]> {
        match self {
            Value::Error(text) => Some(text),
            Value::Attributed(_, value) => value.as_error(),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// One line for people, much as `redis-cli` would put it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("(nil)"),
            Value::Simple(text) | Value::Verbatim(_, text) => write!(f, "{}", text.escape_ascii()),
            Value::Error(text) => write!(f, "(error) {}", text.escape_ascii()),
            Value::Integer(value) => write!(f, "(integer) {value}"),
            Value::Bulk(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Value::Array(values) | Value::Set(values) | Value::Push(values) => {
                write_values(f, values)
            }
            Value::Map(pairs) => write_pairs(f, pairs),
            Value::Double(value) => write!(f, "(double) {value}"),
            Value::Boolean(value) => write!(f, "({value})"),
            Value::BigNumber(digits) => write!(f, "(big number) {}", digits.escape_ascii()),
            Value::Attributed(pairs, value) => {
                write_pairs(f, pairs)?;
                write!(f, " {value}")
            }
        }
    }
}

fn write_values(f: &mut fmt::Formatter<'_>, values: &[Value]) -> fmt::Result {
    f.write_str("[")?;
    for (place, value) in values.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(f, "{comma}{value}")?;
    }
    f.write_str("]")
}

fn write_pairs(f: &mut fmt::Formatter<'_>, pairs: &[(Value, Value)]) -> fmt::Result {
    f.write_str("{")?;
    for (place, (key, value)) in pairs.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        write!(f, "{comma}{key}: {value}")?;
    }
    f.write_str("}")
}
