//! What stands beside the snapshot of a backup: which cluster it is of, where it stands, and its
//! checksum.

use std::fs;
use std::io::Write;
use std::path::Path;

use serde_json::{Map, Value, json};
use server::Examined;

use super::Failure;

/// The version of its form.
const VERSION: u64 = 1;
const HINT: &str = "\n  hint: a backup is the whole directory, as candor backup wrote it; one that was not finished has no manifest.json";

/// The description of a backup.
#[derive(Debug, PartialEq)]
pub(super) struct Manifest {
    fields: Map<String, Value>,
    /// The number that the snapshot was written under.
    pub(super) number: u64,
}

/// What a snapshot says of itself; no part of it may differ from what the file says.
fn described(number: u64, examined: &Examined) -> Value {
    let found = &examined.found;
    let (cluster, epoch) = found.cluster.unwrap_or_default();
    let merged = found.merged.iter();
    let merged: Map<String, Value> =
        merged.map(|(node, boot, index)| (format!("{}.{boot}", node.0), json!(index.0))).collect();
    json!({
        "candor_backup": VERSION,
        "cluster": format!("{cluster:016x}"),
        "epoch": epoch,
        "node": found.node.map_or(0, |node| node.0),
        "order": found.order.map_or(String::new(), |order| order.to_string()),
        "agreed": [found.agreed.0.0, found.agreed.1],
        "agreed_keys": found.agreed_keys,
        "merged": merged,
        "merged_keys": found.merged_keys,
        "snapshot": number,
        "bytes": examined.bytes,
        "crc32c": format!("{:08x}", examined.crc32c),
    })
}

impl Manifest {
    /// That of this snapshot, which was taken at this time, in milliseconds since 1970.
    pub(super) fn of(number: u64, examined: &Examined, taken_at_ms: u64) -> Manifest {
        let Value::Object(mut fields) = described(number, examined) else {
            unreachable!("it is an object")
        };
        fields.insert("candor".into(), json!(env!("CANDOR_VERSION")));
        fields.insert("taken_at_ms".into(), json!(taken_at_ms));
        Manifest { fields, number }
    }

    /// Reads the one in this file.
    pub(super) fn read(path: &Path) -> Result<Manifest, Failure> {
        let bad = |what: String| Failure::bad_file(format!("{}: {what}{HINT}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let fields: Map<String, Value> =
            serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        let field = |name: &str| {
            let number = fields.get(name).and_then(Value::as_u64);
            number.ok_or_else(|| bad(format!("it has no number {name:?}")))
        };
        let version = field("candor_backup")?;
        if version != VERSION {
            return Err(Failure::bad_file(format!(
                "{}: it has version {version} of the form, and this program knows version {VERSION}\n  hint: use the version \
                 of candor that wrote it",
                path.display()
            )));
        }
        let number = field("snapshot")?;
        Ok(Manifest { fields, number })
    }

    /// Writes it into this file, which is on disk when this comes back.
    pub(super) fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut text = serde_json::to_string_pretty(&self.fields)?;
        text.push('\n');
        let mut file = fs::File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    /// That it says of this snapshot what is so.
    pub(super) fn check(&self, path: &Path, examined: &Examined) -> Result<(), Failure> {
        let described = described(self.number, examined);
        let of = described.as_object().expect("it is an object");
        for (name, is) in of {
            let said = self.fields.get(name).unwrap_or(&Value::Null);
            if said != is {
                return Err(Failure::bad_file(format!(
                    "{}: it says {name} {said}, and the snapshot has {is}{HINT}",
                    path.display()
                )));
            }
        }
        Ok(())
    }

    /// The cluster that it is of, and its epoch.
    pub(super) fn cluster(&self) -> String {
        let text = self.fields.get("cluster").and_then(Value::as_str).unwrap_or_default();
        let epoch = self.fields.get("epoch").and_then(Value::as_u64).unwrap_or_default();
        format!("cluster {text}, epoch {epoch}")
    }
}
