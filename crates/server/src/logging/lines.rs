//! The form of a line: three nodes in one terminal must be told apart.

use std::sync::OnceLock;

use node::NodeId;

/// What each line begins with.
static BEGINNING: OnceLock<String> = OnceLock::new();

/// From now on each line says that it is of this node.
pub(super) fn begin_with(node: NodeId) {
    BEGINNING.get_or_init(|| format!("node {} ", node.0));
}

/// These lines, each with its beginning.
pub(super) fn of(text: &[u8]) -> Vec<u8> {
    let beginning = BEGINNING.get().map_or("", String::as_str);
    let mut out = Vec::with_capacity(text.len() + 2 * beginning.len());
    for line in text.strip_suffix(b"\n").unwrap_or(text).split(|byte| *byte == b'\n') {
        out.extend_from_slice(beginning.as_bytes());
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    out
}

/// What stands where lines are missing.
pub(super) fn gap(dropped: u64) -> String {
    let beginning = BEGINNING.get().map_or("", String::as_str);
    format!("{beginning}… {dropped} lines are missing here: nobody took them\n")
}
