//! `CONFIG GET`: what can be asked about settings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::spec::Call;
use super::{Action, Connection, Context, refusal};
use crate::options::once::{AHEAD, IDS, RETENTION};

/// Settings of Redis that this server has too, by another name or by its nature, and that clients
/// ask about. All writes go to a log that is synced before they are answered, so `appendonly` is on
/// and `appendfsync` is `always`; no node refuses writes, so none is a read-only replica.
const SETTINGS: &[(&str, &str)] = &[
    ("appendfsync", "always"),
    ("appendonly", "yes"),
    ("cluster-enabled", "no"),
    ("databases", "1"),
    ("maxmemory-policy", "noeviction"),
    ("notify-keyspace-events", ""),
    ("replica-read-only", "no"),
    ("requirepass", ""),
    ("save", ""),
    ("slave-read-only", "no"),
    ("timeout", "0"),
];

/// All settings, sorted by name, with their values.
pub(super) fn all(context: &dyn Context) -> BTreeMap<Cow<'static, str>, String> {
    let status = context.status();
    let (memory, once) = (status.memory, status.once.limits);
    let mut all: BTreeMap<Cow<'static, str>, String> =
        SETTINGS.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    all.extend([
        ("maxmemory".into(), memory.max_agreed.unwrap_or(0).to_string()),
        ("maxmemory-merged".into(), memory.max_merged.to_string()),
        (AHEAD.0.into(), once.ahead_ms.to_string()),
        (IDS.0.into(), once.ids.to_string()),
        (RETENTION.0.into(), once.retention_ms.to_string()),
        ("proto-max-bulk-len".into(), context.bounds().max_value_bytes.to_string()),
    ]);
    all.extend(context.settings().into_iter().map(|(name, value)| (name.into(), value)));
    all
}

/// `CONFIG GET pattern [pattern …]`
pub(super) fn get(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut settings = all(call.context);
    let many = settings.len();
    if call.request.len() - 2 > many {
        refusal::too_many(&mut connection.writer(out), "patterns", many);
        return Action::Replied;
    }
    settings.retain(|name, _| {
        call.request.iter().skip(2).any(|pattern| node::fits(pattern, name.as_bytes()))
    });
    let mut writer = connection.writer(out);
    writer.map(settings.len());
    for (name, value) in settings {
        writer.bulk(&*name);
        writer.bulk(&*value);
    }
    Action::Replied
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_longest_argument_is_what_the_parser_takes() {
        assert_eq!(resp::BULK_BYTES_MAX, node::VALUE_BYTES_MAX);
    }
}
