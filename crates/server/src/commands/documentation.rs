//! `COMMAND DOCS`: what the table says, for people; `redis-cli` makes its hints of it.

use node::Argument;
use resp::Writer;

use super::catalogue::{self, Named};
use super::spec::{Call, Spec};
use super::{Action, Connection, refusal};

/// `COMMAND DOCS [name …]`: names that do not exist are left out.
pub(super) fn docs(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if catalogue::names_many(call) {
        refusal::too_many(&mut connection.writer(out), "names", catalogue::names_max());
        return Action::Replied;
    }
    let named: Vec<Named> = match call.request.len() {
        2 => Named::all().collect(),
        _ => call.request.iter().skip(2).filter_map(Named::find).collect(),
    };
    let mut writer = connection.writer(out);
    writer.map(named.len());
    named.into_iter().for_each(|named| write_entry(&mut writer, named));
    Action::Replied
}

fn write_entry(writer: &mut Writer<'_>, named: Named) {
    let spec = named.spec;
    writer.bulk(named.to_string());
    let lists = usize::from(!spec.arguments.is_empty()) + usize::from(!spec.subcommands.is_empty());
    writer.map(4 + lists);
    let texts = [
        ("summary", spec.summary),
        ("since", spec.since),
        ("group", spec.group),
        ("complexity", spec.complexity),
    ];
    for (name, text) in texts {
        writer.bulk(name);
        writer.bulk(text);
    }
    if !spec.arguments.is_empty() {
        writer.bulk("arguments");
        writer.array(spec.arguments.len());
        spec.arguments.iter().for_each(|argument| write_argument(writer, spec, argument));
    }
    if !spec.subcommands.is_empty() {
        writer.bulk("subcommands");
        writer.map(spec.subcommands.len());
        named.subcommands().for_each(|subcommand| write_entry(writer, subcommand));
    }
}

fn write_argument(writer: &mut Writer<'_>, spec: &Spec, argument: &Argument) {
    let is_key = argument.kind == "key" && spec.keys.is_some();
    let lists = usize::from(!argument.flags.is_empty()) + usize::from(!argument.choices.is_empty());
    writer.map(2 + usize::from(is_key) + usize::from(argument.token.is_some()) + lists);
    writer.bulk("name");
    writer.bulk(argument.name);
    writer.bulk("type");
    writer.bulk(argument.kind);
    if is_key {
        writer.bulk("key_spec_index");
        writer.integer(0);
    }
    if let Some(token) = argument.token {
        writer.bulk("token");
        writer.bulk(token);
    }
    if !argument.flags.is_empty() {
        writer.bulk("flags");
        writer.set(argument.flags.len());
        argument.flags.iter().for_each(|flag| writer.simple(flag));
    }
    if !argument.choices.is_empty() {
        writer.bulk("arguments");
        writer.array(argument.choices.len());
        argument.choices.iter().for_each(|choice| write_argument(writer, spec, choice));
    }
}
