//! `CONFIG`: what can be asked about settings. Nothing can be set while the server runs.

use std::borrow::Cow;

use super::spec::Call;
use super::{Action, Connection};

/// Settings of Redis that this server has too, by another name or by its nature, and that clients
/// ask about. All writes go to a log that is synced before they are answered, so `appendonly` is on
/// and `appendfsync` is `always`; no node refuses writes, so none is a read-only replica.
const SETTINGS: &[(&str, &str)] = &[
    ("appendfsync", "always"),
    ("appendonly", "yes"),
    ("cluster-enabled", "no"),
    ("databases", "1"),
    ("maxmemory", "0"),
    ("maxmemory-policy", "noeviction"),
    ("notify-keyspace-events", ""),
    ("proto-max-bulk-len", "16777216"),
    ("replica-read-only", "no"),
    ("requirepass", ""),
    ("save", ""),
    ("slave-read-only", "no"),
    ("timeout", "0"),
];

/// `CONFIG GET pattern [pattern …]`
pub(super) fn get(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut settings: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        SETTINGS.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    for (name, value) in call.context.settings() {
        settings.retain(|(other, _)| *other != name);
        settings.push((name.into(), value.into()));
    }
    settings.sort();
    settings.retain(|(name, _)| {
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
    use super::SETTINGS;

    #[test]
    fn the_longest_argument_is_what_the_parser_takes() {
        let value = SETTINGS.iter().find(|(name, _)| *name == "proto-max-bulk-len").unwrap().1;
        assert_eq!(value, resp::BULK_BYTES_MAX.to_string());
        assert_eq!(resp::BULK_BYTES_MAX, node::VALUE_BYTES_MAX);
    }
}
