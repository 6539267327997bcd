//! The field `keyspaces`: which keys promise something of their own, and what.

use history::{Level, LogOrder};
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;

use super::fields::{Fields, Problems, kind, list, quoted, read_list};
use super::level::read_level;
use super::spelling;

/// The most keyspaces of a scenario; with `default`, what a server itself accepts.
pub const KEYSPACES_MAX: usize = history::KEYSPACES_MAX - 1;
/// The longest name and prefix, in bytes; what a server itself accepts.
const NAME_BYTES_MAX: usize = 64;
const PREFIX_BYTES_MAX: usize = 256;
/// The names that every cluster has keyspaces under.
const TAKEN: [&str; 2] = ["default", "system"];
/// What stands for every level that the order has.
const ALL: &str = "all";

/// A keyspace with which the servers begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyspace {
    /// What it is called.
    pub name: String,
    /// What its keys begin with.
    pub prefix: String,
    /// The order of its logs.
    pub order: LogOrder,
    /// The level of its reads that name none.
    pub level: Level,
    /// The weaker ones that a read may name.
    pub allow: Allow,
}

/// Which levels that are weaker than its own a keyspace gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// Whatever its order has.
    All,
    /// These.
    These(Vec<Level>),
}

impl Keyspace {
    /// What its servers are told, as their configuration file says it.
    pub(crate) fn to_toml(&self) -> String {
        let Keyspace { name, prefix, order, level, allow } = self;
        let allow: Vec<String> = match allow {
            Allow::All => vec![text(ALL)],
            Allow::These(levels) => levels.iter().map(|level| text(&level.to_string())).collect(),
        };
        format!(
            "[[keyspace]]\nname = {}\nprefix = {}\norder = \"{order}\"\nlevel = \"{level}\"\n\
             allow = [{}]\n",
            text(name),
            text(prefix),
            allow.join(", ")
        )
    }

    /// The same as a history has it.
    pub(crate) fn in_history(&self) -> history::Keyspace {
        let Keyspace { prefix, order, level, .. } = self;
        history::Keyspace { prefix: prefix.clone(), order: *order, level: *level }
    }

    /// Whether a read may ask for a level.
    pub(crate) fn gives(&self, asked: Level) -> bool {
        let of_these = |levels: &Vec<Level>| {
            let is_such = |allowed: &Level| match (asked, *allowed) {
                (Level::Bounded { .. }, Level::Sequential) => true,
                (Level::Bounded { ms }, Level::Bounded { ms: longest }) => ms <= longest,
                (asked, allowed) => asked == allowed,
            };
            levels.iter().any(is_such)
        };
        let is_allowed = match &self.allow {
            Allow::All => true,
            Allow::These(levels) => of_these(levels),
        };
        is_allowed || asked.is_at_least(self.level)
    }
}

/// A text as TOML has it: as JSON has it, but for one sign.
fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// What is promised of each key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promised<'k> {
    /// The level of what has no keyspace, if it is known.
    pub(super) level: Option<Level>,
    /// The keyspaces that could be read.
    pub(super) keyspaces: &'k [Keyspace],
}

impl Promised<'_> {
    /// The keyspace of a key.
    pub(super) fn of(&self, key: &str) -> Option<&Keyspace> {
        longest(self.keyspaces, key)
    }

    /// The name of the keyspace of a key.
    pub(super) fn name_of(&self, key: &str) -> &str {
        self.of(key).map_or(TAKEN[0], |keyspace| &keyspace.name)
    }

    /// The order of the keyspace of a key, if it is known.
    pub(super) fn order_of(&self, key: &str) -> Option<LogOrder> {
        let default = || self.level.map(order_of);
        self.of(key).map(|keyspace| keyspace.order).or_else(default)
    }

    /// Checks that a read of a key may ask for this level.
    pub(super) fn check_read(
        &self,
        key: &str,
        asked: Level,
        node: &impl Ranged,
        problems: &mut Problems<'_>,
    ) {
        let merged = self.order_of(key) == Some(LogOrder::Merged);
        if merged && !LogOrder::Merged.can_promise(asked) {
            let what = match (self.of(key), self.level) {
                (Some(Keyspace { name, .. }), _) => {
                    format!("the keyspace {name} is merged and has no {asked} reads")
                }
                (None, Some(level)) => {
                    format!("at {level} the keyspace is merged and has no {asked} reads")
                }
                (None, None) => return,
            };
            problems.add::<()>(node, what);
        } else if let Some(keyspace) = self.of(key).filter(|keyspace| !keyspace.gives(asked)) {
            let what = format!(
                "{asked} is weaker than the {} of the keyspace {}, which does not allow it; name it \
                 in its \"allow\"",
                keyspace.level, keyspace.name
            );
            problems.add::<()>(node, what);
        }
    }
}

/// The keyspace of a key: that with the longest prefix.
pub(crate) fn longest<'k>(keyspaces: &'k [Keyspace], key: &str) -> Option<&'k Keyspace> {
    let fits = keyspaces.iter().filter(|keyspace| key.starts_with(&keyspace.prefix));
    fits.max_by_key(|keyspace| keyspace.prefix.len())
}

/// The order behind a level of a cluster.
pub(crate) fn order_of(level: Level) -> LogOrder {
    match LogOrder::Merged.can_promise(level) {
        true => LogOrder::Merged,
        false => LogOrder::Agreed,
    }
}

/// Reads all keyspaces.
pub(super) fn read_keyspaces(
    value: &Value<'_>,
    problems: &mut Problems<'_>,
) -> Option<Vec<Keyspace>> {
    let elements = read_list(value, "keyspaces", KEYSPACES_MAX, problems)?;
    let mut keyspaces: Vec<Option<Keyspace>> = vec![];
    for element in elements {
        let keyspace = read_keyspace(element, problems);
        if let Some(one) = &keyspace {
            check_alone(one, &keyspaces, element, problems);
        }
        keyspaces.push(keyspace);
    }
    keyspaces.into_iter().collect()
}

/// No other keyspace has this name or this prefix.
fn check_alone(
    one: &Keyspace,
    before: &[Option<Keyspace>],
    node: &impl Ranged,
    problems: &mut Problems<'_>,
) {
    let known = before.iter().flatten();
    if known.clone().any(|known| known.name == one.name) {
        let what = format!("two keyspaces are called {}; name one otherwise", one.name);
        problems.add::<()>(node, what);
    }
    if let Some(known) = known.clone().find(|known| known.prefix == one.prefix) {
        let (name, prefix) = (&known.name, quoted(&one.prefix));
        problems.add::<()>(node, format!("the keyspace {name} has the prefix {prefix}, too"));
    }
}

fn read_keyspace(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Keyspace> {
    let mut fields = Fields::of(value, "a keyspace", problems)?;
    let name = fields
        .need("name", "what it is called", problems)
        .and_then(|value| read_name(value, problems));
    let prefix = fields
        .need("prefix", "what its keys begin with", problems)
        .and_then(|value| read_prefix(value, problems));
    let order = fields
        .need("order", "agreed or merged", problems)
        .and_then(|value| read_order(value, problems));
    let level = fields
        .need("level", "the level of its reads that name none", problems)
        .and_then(|value| read_level_of(order, value, problems));
    let allow = match fields.take("allow") {
        Some(field) => read_allow(&field.value, order, problems),
        None => Some(Allow::These(vec![])),
    };
    fields.finish(problems);
    Some(Keyspace { name: name?, prefix: prefix?, order: order?, level: level?, allow: allow? })
}

fn read_string<'v>(
    value: &'v Value<'_>,
    what: &str,
    problems: &mut Problems<'_>,
) -> Option<&'v str> {
    let Value::StringLit(text) = value else {
        return problems.add(value, format!("{what} is a string, not {}", kind(value)));
    };
    Some(&text.value)
}

fn read_name(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let name = read_string(value, "a name", problems)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if !(1..=NAME_BYTES_MAX).contains(&name.len()) || !name.bytes().all(is_plain) {
        let what = format!(
            "a keyspace's name has 1 to {NAME_BYTES_MAX} letters, digits, dots, dashes and underscores"
        );
        return problems.add(value, what);
    }
    if TAKEN.contains(&name) {
        let what = format!("there is a keyspace {name} in every cluster; choose another name");
        return problems.add(value, what);
    }
    Some(name.to_owned())
}

pub(super) fn read_prefix(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<String> {
    let prefix = read_string(value, "a prefix", problems)?;
    if !(1..=PREFIX_BYTES_MAX).contains(&prefix.len()) {
        let what = format!(
            "a prefix has 1 to {PREFIX_BYTES_MAX} bytes; what has no keyspace is at the \
             consistency_level"
        );
        return problems.add(value, what);
    }
    Some(prefix.to_owned())
}

fn read_order(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<LogOrder> {
    let name = read_string(value, "an order", problems)?;
    let known = name.parse().ok();
    known.or_else(|| {
        let names = || ["agreed", "merged"].into_iter();
        let right = match spelling::nearest(name, names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("there are {}", list(names())),
        };
        problems.add(value, format!("{} is no order; {right}", quoted(name)))
    })
}

/// A level that this order has.
fn read_level_of(
    order: Option<LogOrder>,
    value: &Value<'_>,
    problems: &mut Problems<'_>,
) -> Option<Level> {
    let level = read_level(value, problems)?;
    if order.is_some_and(|order| !order.can_promise(level)) {
        let what = format!(
            "a merged keyspace has no {level} reads; take causal or eventual, or the order agreed"
        );
        return problems.add(value, what);
    }
    Some(level)
}

fn read_allow(
    value: &Value<'_>,
    order: Option<LogOrder>,
    problems: &mut Problems<'_>,
) -> Option<Allow> {
    let elements = read_list(value, "allow", KEYSPACES_MAX, problems)?;
    if let [Value::StringLit(all)] = elements
        && all.value == ALL
    {
        return Some(Allow::All);
    }
    let mut levels = vec![];
    for element in elements {
        levels.push(read_level_of(order, element, problems));
    }
    Some(Allow::These(levels.into_iter().collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_told_in_toml() {
        let mut keyspace = Keyspace {
            name: "a".into(),
            prefix: "a\"\u{7f}\n:".into(),
            order: LogOrder::Agreed,
            level: Level::Bounded { ms: 5 },
            allow: Allow::These(vec![Level::Sequential, Level::Eventual]),
        };
        let expected = "[[keyspace]]\nname = \"a\"\nprefix = \"a\\\"\\u007F\\n:\"\norder = \"agreed\"\n\
                        level = \"bounded:5\"\nallow = [\"sequential\", \"eventual\"]\n";
        assert_eq!(keyspace.to_toml(), expected);
        keyspace.allow = Allow::All;
        assert!(keyspace.to_toml().ends_with("allow = [\"all\"]\n"));
    }

    #[test]
    fn what_is_weaker_is_given_where_it_is_allowed() {
        let gives = |allow: Allow, asked: Level| {
            let (name, prefix) = ("a".into(), "a:".into());
            let (order, level) = (LogOrder::Agreed, Level::Bounded { ms: 20 });
            Keyspace { name, prefix, order, level, allow }.gives(asked)
        };
        let bounded = |ms| Level::Bounded { ms };
        let these = |levels: &[Level]| Allow::These(levels.to_vec());
        assert!(gives(these(&[]), Level::Linearizable) && gives(these(&[]), bounded(10)));
        assert!(!gives(these(&[]), bounded(30)) && !gives(these(&[]), Level::Sequential));
        assert!(gives(these(&[bounded(40)]), bounded(30)));
        assert!(!gives(these(&[bounded(40)]), bounded(50)));
        assert!(gives(these(&[Level::Sequential]), bounded(50)));
        assert!(!gives(these(&[Level::Sequential]), Level::Eventual));
        assert!(gives(Allow::All, Level::Eventual));
    }
}
