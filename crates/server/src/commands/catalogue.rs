//! `COMMAND`: what the table says, for clients that find keys and flags by it.
//!
//! Reads stand in the list once more for every spelling of a level, so that a client that routes by
//! this list routes `get@eventual` as it does `get`. Of bounded reads there are too many: `COMMAND
//! INFO get@bounded:100` tells of one.

use std::fmt;

use node::Access;
use resp::Writer;

use super::spec::{Call, Spec};
use super::usage::usage;
use super::{Action, Connection, level, refusal, table};
use crate::mutants::mutant;

/// A command or subcommand as it is called.
#[derive(Clone, Copy)]
pub(super) struct Named {
    pub(super) spec: &'static Spec,
    parent: Option<&'static str>,
    level: Option<level::Spelling>,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            write!(f, "{parent}|")?;
        }
        f.write_str(self.spec.name)?;
        self.level.map_or(Ok(()), |level| write!(f, "@{level}"))
    }
}

impl Named {
    /// All commands in all their spellings, without subcommands.
    pub(super) fn all() -> impl Iterator<Item = Named> {
        table::TABLE.iter().flat_map(|spec| {
            let plain = Named { spec, parent: None, level: None };
            let spellings = if spec.access == Access::Read { &level::SPELLINGS[..] } else { &[] };
            [plain].into_iter().chain(
                spellings.iter().map(move |(word, _)| Named {
                    level: Some(level::Spelling::Word(word)),
                    ..plain
                }),
            )
        })
    }

    /// The subcommands of this command.
    pub(super) fn subcommands(&self) -> impl ExactSizeIterator<Item = Named> {
        let parent = Some(self.spec.name);
        self.spec.subcommands.iter().map(move |spec| Named { spec, parent, level: None })
    }

    /// The command called so: `get`, `get@eventual` or `client|id`.
    pub(super) fn find(name: &[u8]) -> Option<Named> {
        if let Some(bar) = name.iter().position(|byte| *byte == b'|') {
            let parent = table::find(&name[..bar])?;
            let spec = parent.subcommand(&name[bar + 1..])?;
            return Some(Named { spec, parent: Some(parent.name), level: None });
        }
        let (base, suffix) = level::split(name);
        let spec = table::find(base)?;
        let level = match suffix {
            None => None,
            Some(_) if spec.access != Access::Read => return None,
            Some(suffix) => Some(level::find(suffix)?.0),
        };
        Some(Named { spec, parent: None, level })
    }
}

/// `COMMAND`
pub(super) fn all(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    write_all(&mut connection.writer(out));
    Action::Replied
}

/// `COMMAND COUNT`
pub(super) fn count(connection: &mut Connection, _: &Call<'_>, out: &mut Vec<u8>) -> Action {
    connection.writer(out).integer(Named::all().count() as i64);
    Action::Replied
}

/// `COMMAND INFO [name …]`
pub(super) fn info(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    if call.request.len() == 2 {
        write_all(&mut writer);
        return Action::Replied;
    }
    if names_many(call) {
        refusal::too_many(&mut writer, "names", names_max());
        return Action::Replied;
    }
    writer.array(call.request.len() - 2);
    for name in call.request.iter().skip(2) {
        match Named::find(name) {
            Some(named) => write_entry(&mut writer, named),
            None => writer.nil(),
        }
    }
    Action::Replied
}

/// Whether a call names more than there is: its reply, made at once, would be far longer than what
/// was asked.
pub(super) fn names_many(call: &Call<'_>) -> bool {
    mutant!(NamesUnlimited, call.request.len() - 2 > names_max(), false)
}

/// How many commands and subcommands there are, in all their spellings.
pub(super) fn names_max() -> usize {
    Named::all().map(|named| 1 + named.subcommands().len()).sum()
}

/// `COMMAND LIST [FILTERBY PATTERN pattern | ACLCAT category | MODULE name]`
pub(super) fn list(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let arguments: Vec<_> = call.request.iter().skip(2).collect();
    let is = |argument: &[u8], word: &[u8]| argument.eq_ignore_ascii_case(word);
    let names: Vec<String> = match arguments[..] {
        [] => names(|_| true),
        [filter, by, pattern] if is(filter, b"FILTERBY") && is(by, b"PATTERN") => {
            names(|named| node::fits(pattern, named.to_string().as_bytes()))
        }
        [filter, by, category] if is(filter, b"FILTERBY") && is(by, b"ACLCAT") => names(|named| {
            named.spec.categories.iter().any(|name| is(category, &name.as_bytes()[1..]))
        }),
        [filter, by, _] if is(filter, b"FILTERBY") && is(by, b"MODULE") => vec![],
        _ => {
            refusal::syntax(&mut writer);
            return Action::Replied;
        }
    };
    writer.array(names.len());
    names.iter().for_each(|name| writer.bulk(name));
    Action::Replied
}

fn names(wanted: impl Fn(&Named) -> bool) -> Vec<String> {
    let subcommands = Named::all().flat_map(|named| named.subcommands().collect::<Vec<_>>());
    Named::all().chain(subcommands).filter(wanted).map(|named| named.to_string()).collect()
}

/// `COMMAND GETKEYS command [argument …]`
pub(super) fn get_keys(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    // What stands behind ONCE and its id says which keys there are.
    let is_once = call.request[2].eq_ignore_ascii_case(b"once") && call.request.len() > 4;
    let start = if is_once { 4 } else { 2 };
    let arguments = call.request.len() - start;
    match Named::find(&call.request[start]) {
        None => writer.error("ERR Invalid command specified"),
        Some(named) if named.spec.keys.is_none() => {
            writer.error("ERR The command has no key arguments");
        }
        Some(named) if !named.spec.takes(arguments) => {
            writer.error("ERR Invalid number of arguments specified for command");
        }
        Some(named) => {
            writer.array(named.spec.key_places(arguments).count());
            for place in named.spec.key_places(arguments) {
                writer.bulk(&call.request[start + place]);
            }
        }
    }
    Action::Replied
}

/// `CLIENT HELP`, `COMMAND HELP`, `CONFIG HELP`, `CONSISTENCY HELP`: what the table says of the
/// subcommands.
pub(super) fn help(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let parent = Named::find(&call.request[0]);
    let mut lines = vec![format!(
        "{} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        String::from_utf8_lossy(&call.request[0]).to_ascii_uppercase()
    )];
    for named in parent.iter().flat_map(Named::subcommands) {
        lines.push(usage(named.spec.name, named.spec).replace('…', "..."));
        lines.push(format!("    {}", named.spec.summary));
    }
    writer.array(lines.len());
    lines.iter().for_each(|line| writer.simple(line));
    Action::Replied
}

fn write_all(writer: &mut Writer<'_>) {
    writer.array(Named::all().count());
    Named::all().for_each(|named| write_entry(writer, named));
}

/// A command as Redis 7 describes it: ten values.
fn write_entry(writer: &mut Writer<'_>, named: Named) {
    let spec = named.spec;
    writer.array(10);
    writer.bulk(named.to_string());
    writer.integer(i64::from(spec.arity));
    let access = match spec.access {
        Access::None => None,
        Access::Read | Access::ReadAll => Some("readonly"),
        Access::Write => Some("write"),
    };
    writer.set(access.iter().count() + spec.flags.len());
    access.iter().chain(spec.flags).for_each(|flag| writer.simple(flag));
    let (first, last, step) = spec.keys.map_or((0, 0, 0), |k| (k.first, k.last, k.step));
    writer.integer(first as i64);
    writer.integer(last);
    writer.integer(step as i64);
    writer.set(spec.categories.len());
    spec.categories.iter().for_each(|category| writer.simple(category));
    writer.set(spec.tips.len());
    spec.tips.iter().for_each(|tip| writer.bulk(tip));
    write_key_specs(writer, spec);
    writer.set(spec.subcommands.len());
    named.subcommands().for_each(|subcommand| write_entry(writer, subcommand));
}

/// Where the keys are, said once more in the form that Redis 7 brought.
fn write_key_specs(writer: &mut Writer<'_>, spec: &Spec) {
    let Some(keys) = spec.keys else { return writer.set(0) };
    writer.set(1);
    writer.map(3);
    writer.bulk("flags");
    writer.set(keys.flags.len());
    keys.flags.iter().for_each(|flag| writer.simple(flag));
    let first = keys.first as i64;
    let last = if keys.last < 0 { keys.last } else { keys.last - first };
    write_search(writer, "begin_search", "index", &[("index", first)]);
    let range = [("lastkey", last), ("keystep", keys.step as i64), ("limit", 0)];
    write_search(writer, "find_keys", "range", &range);
}

fn write_search(writer: &mut Writer<'_>, what: &str, how: &str, numbers: &[(&str, i64)]) {
    writer.bulk(what);
    writer.map(2);
    writer.bulk("type");
    writer.bulk(how);
    writer.bulk("spec");
    writer.map(numbers.len());
    for (name, number) in numbers {
        writer.bulk(name);
        writer.integer(*number);
    }
}
