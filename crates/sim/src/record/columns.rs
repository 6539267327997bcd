//! Rows as columns: the form in which a diagram's long lists travel.
//!
//! One object for each of thirty thousand messages repeats every name as often; columns say it
//! once. A cell is always a whole number, so a page can hold a column in an array of numbers:
//!
//! | in the row | in the column |
//! |---|---|
//! | a number | itself |
//! | a text, or a variant without fields | its place among the texts; equal texts have one place |
//! | true, false | 1, 0 |
//! | nothing | -1 |

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// What stands for "nothing" in a column.
const NOTHING: i64 = -1;

/// The texts of a diagram; equal ones have one place.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Vec<String>,
    places: BTreeMap<String, i64>,
}

impl Texts {
    /// All of them, each at its place.
    pub(super) fn into_list(self) -> Vec<String> {
        self.texts
    }

    fn place(&mut self, text: String) -> i64 {
        *self.places.entry(text).or_insert_with_key(|text| {
            self.texts.push(text.clone());
            self.texts.len() as i64 - 1
        })
    }

    fn cell(&mut self, value: Value) -> i64 {
        match value {
            Value::Null => NOTHING,
            Value::Bool(is) => i64::from(is),
            Value::Number(number) => number.as_i64().unwrap_or(i64::MAX),
            Value::String(text) => self.place(text),
            Value::Array(_) | Value::Object(_) => panic!("a cell of a row is no list"),
        }
    }
}

/// The columns of these rows, by the names of their fields.
pub(super) fn columns<'a, T: Serialize + Default + 'a>(
    rows: impl IntoIterator<Item = &'a T>,
    texts: &mut Texts,
) -> Value {
    let names = fields(&T::default());
    let mut columns: Map<String, Value> =
        names.into_iter().map(|(name, _)| (name, Value::Array(vec![]))).collect();
    for row in rows {
        for (name, value) in fields(row) {
            if let Some(Value::Array(column)) = columns.get_mut(&name) {
                column.push(texts.cell(value).into());
            }
        }
    }
    Value::Object(columns)
}

fn fields(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(fields)) => fields,
        _ => panic!("a row has named fields"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Default, Serialize)]
    struct Row {
        at: u64,
        until: Option<u64>,
        up: bool,
        text: &'static str,
    }

    #[test]
    fn every_kind_of_field_is_a_number() {
        let rows = [
            Row { at: 7, until: None, up: true, text: "one" },
            Row { at: 9, until: Some(12), up: false, text: "one" },
            Row { at: u64::MAX, until: None, up: false, text: "two" },
        ];
        let mut texts = Texts::default();
        let columns = columns(&rows, &mut texts);
        let expected = json!({
            "at": [7, 9, i64::MAX], "until": [-1, 12, -1], "up": [1, 0, 0], "text": [0, 0, 1],
        });
        assert_eq!(columns, expected);
        assert_eq!(texts.into_list(), ["one", "two"]);
    }

    #[test]
    fn columns_have_names_also_where_there_is_no_row() {
        let columns = columns::<Row>([], &mut Texts::default());
        assert_eq!(columns, json!({ "at": [], "until": [], "up": [], "text": [] }));
    }
}
