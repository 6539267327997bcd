//! The built page, and how data is put into it.

use serde_json::Value;

/// The page as built from `crates/picture/page`.
const PAGE: &str = include_str!("../page/dist/picture.html");
/// What stands in the built page where the data belongs.
const MARK: &str = "\"the data\"";

/// The page with this data in it: of a [`Picture`](crate::Picture), of a
/// [`diagram`](crate::diagram), or of levels side by side. What strangers wrote in it stays data.
pub fn page(data: &Value) -> String {
    let (before, after) = PAGE.split_once(MARK).expect("the built page has a place for its data");
    let data = harmless(&data.to_string());
    let mut html = String::with_capacity(before.len() + data.len() + after.len());
    html.push_str(before);
    html.push_str(&data);
    html.push_str(after);
    html
}

/// The same JSON without any character that means something to HTML: such characters can only stand
/// inside strings, where an escape means the same. So nothing can end the element around it, begin
/// a comment, or be taken for an entity.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 16);
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            // Ends of lines in old scripts.
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}
