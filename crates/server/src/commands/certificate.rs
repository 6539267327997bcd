//! Where an answer stands, as the RESP3 attribute before it.
//!
//! ```text
//!   |2 position "[12,0]"          by "[11,3]"                        a read of one key, agreed
//!   |1 position "[13,0]"                                             a write, agreed
//!   |2 position "[14,0]"          by "[13,0]"                        a write that compared, agreed
//!   |2 position "{\"2.1\":17}"     by "[\"2.1\",17,0,12345]"           a read of one key, merged
//!   |2 position "{\"2.1\":18}"     entry "[\"2.1\",18,0,12346]"        a write, merged
//! ```
//!
//! The keys are the fields of a history file and each value is the JSON text of its field, so
//! whoever records a history copies them. `by` is `null` where the key had no value.

use std::fmt::Write as _;

use node::{AgreedPosition, Certificate, MergedPosition, MergedWrite};
use resp::Writer;

/// Writes the attribute; the reply comes after it.
pub(super) fn write(writer: &mut Writer<'_>, certificate: &Certificate) {
    let null = || "null".to_string();
    let (position, by, entry) = match certificate {
        Certificate::Agreed { position, by } => {
            (agreed(*position), by.map(|by| by.map_or_else(null, agreed)), None)
        }
        Certificate::Merged { position, by, entry } => {
            let by = by.map(|by| by.map_or_else(null, merged));
            (vector(position), by, entry.map(merged))
        }
    };
    let fields = [("position", Some(position)), ("by", by), ("entry", entry)];
    writer.attribute(fields.iter().filter(|(_, json)| json.is_some()).count());
    for (name, json) in fields {
        if let Some(json) = json {
            writer.bulk(name);
            writer.bulk(json);
        }
    }
}

fn agreed(position: AgreedPosition) -> String {
    format!("[{},{}]", position.index, position.offset)
}

fn vector(position: &[MergedPosition]) -> String {
    let mut json = String::from("{");
    for place in position {
        let comma = if json.len() > 1 { "," } else { "" };
        let MergedPosition { replica, boot, index } = place;
        // Appending to a string cannot fail.
        let _ = write!(json, "{comma}\"{}.{boot}\":{index}", replica.0);
    }
    json.push('}');
    json
}

fn merged(write: MergedWrite) -> String {
    let MergedWrite { entry: MergedPosition { replica, boot, index }, offset, clock } = write;
    format!("[\"{}.{boot}\",{index},{offset},{clock}]", replica.0)
}
