//! Strict JSON with places: RFC 8259 and nothing beyond it.
//!
//! `jsonc-parser` gives a tree with the place of every value and the raw text of numbers, but is
//! made for a wider language. Its extensions are switched off; what it still lets through (control
//! characters in strings, say) `serde_json` refuses.

use jsonc_parser::ast::Value;
use jsonc_parser::errors::ParseErrorKind as Kind;
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, parse_to_ast};

use super::source::{Place, Source};

/// How deep objects and arrays may lie in each other; a scenario needs five.
const DEPTH_MAX: usize = 32;

/// The options of a strict parser.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads the one value of a text, or says what is wrong with it where.
pub(super) fn parse<'a>(text: &'a str, source: &Source<'_>) -> Result<Value<'a>, (Place, String)> {
    if let Some(byte) = too_deep(text) {
        let what = format!("nested more than {DEPTH_MAX} deep; a scenario needs five levels");
        return Err((source.place(byte), what));
    }
    if text.trim().is_empty() {
        let what = "the file is empty; a scenario is one JSON object, { … }";
        return Err((source.place(0), what.into()));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| {
        let start = error.range().start;
        let what = match error.kind() {
            Kind::ExpectedComma if has_zero_in_front(text, start) => {
                "a number has no zero in front; remove it"
            }
            kind => wording(kind),
        };
        (source.place(start), what.into())
    })?;
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text) {
        return Err((place_of(&error, text, source), wording_of_serde(&error)));
    }
    parsed.value.ok_or_else(|| (source.place(0), wording(&Kind::UnexpectedToken).into()))
}

/// Whether the parser took the zero before `at` for a number of its own.
fn has_zero_in_front(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    at > 0 && bytes[at - 1] == b'0' && bytes.get(at).is_some_and(u8::is_ascii_digit)
}

/// The first bracket that opens too deep. Looked for beforehand, because parsers are recursive.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Some(at);
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// What is wrong and what would be right.
fn wording(kind: &Kind) -> &'static str {
    match kind {
        Kind::CommentsNotAllowed | Kind::UnterminatedCommentBlock => {
            "JSON has no comments; remove this one"
        }
        Kind::ExpectedColonAfterObjectKey => "a colon is missing after the name of this field",
        Kind::ExpectedObjectValue => "the file ends where a field should have its value",
        Kind::ExpectedComma => "a comma is missing here",
        Kind::TrailingCommasNotAllowed => "nothing follows this comma; remove it",
        Kind::UnexpectedComma => "a value was expected here, not a comma",
        Kind::ExpectedStringObjectProperty => "the name of a field needs double quotes",
        Kind::SingleQuotedStringsNotAllowed => "strings need double quotes, \"like this\"",
        Kind::UnexpectedWord | Kind::UnexpectedToken => {
            "this is no JSON value; a string needs double quotes, and the bare words are true, \
             false and null"
        }
        Kind::MultipleRootJsonValues => {
            "the file goes on after its end; a scenario is one JSON object"
        }
        Kind::UnexpectedCloseBrace => "a value was expected here, not }",
        Kind::UnexpectedCloseBracket => "a value was expected here, not ]",
        Kind::UnexpectedColon => "a value was expected here, not a colon",
        Kind::UnexpectedTokenInObject => {
            "a field was expected, \"name\": value, or the } that ends this object"
        }
        Kind::UnterminatedObject => "this { is never closed; add its }",
        Kind::UnterminatedArray => "this [ is never closed; add its ]",
        Kind::HexadecimalNumbersNotAllowed => "JSON numbers are decimal",
        Kind::NonFiniteNumbersNotAllowed => "JSON has no NaN or Infinity",
        Kind::UnaryPlusNumbersNotAllowed => "JSON numbers have no plus sign; remove it",
        Kind::BareDecimalPointNumbersNotAllowed => {
            "a number needs digits on both sides of its point"
        }
        Kind::ExpectedDigit
        | Kind::ExpectedDigitFollowingNegativeSign
        | Kind::ExpectedPlusMinusOrDigitInNumberLiteral => "a digit is missing in this number",
        Kind::String(ParseStringErrorKind::UnterminatedStringLiteral) => {
            "this string is never closed; add its \""
        }
        Kind::String(_) => {
            "JSON has no such escape; it has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX, in \
             pairs for surrogates"
        }
        _ => "this is not JSON",
    }
}

/// The place of the character that serde_json stumbled over. It counts columns in bytes, and a
/// column of 0 stands for the end of the line before.
fn place_of(error: &serde_json::Error, text: &str, source: &Source<'_>) -> Place {
    let start: usize =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    source.place(start + error.column().saturating_sub(1))
}

fn wording_of_serde(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    if what.contains("control character") {
        return "a line break or control character inside a string; write it as \\n, \\t or \
                \\uXXXX"
            .into();
    }
    format!("this is not JSON: {what}")
}
