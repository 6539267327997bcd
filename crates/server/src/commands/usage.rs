//! How a command is written, for people.

use node::Argument;

use super::spec::Spec;

/// How it is written: its name, and its arguments as Redis' pages show them.
pub(super) fn usage(name: &str, spec: &Spec) -> String {
    let words = spec.arguments.iter().map(shown);
    [name.to_ascii_uppercase()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

fn shown(argument: &Argument) -> String {
    let parts: Vec<String> = argument.choices.iter().map(shown).collect();
    let inner = match argument.kind {
        "oneof" => parts.join(" | "),
        "block" => parts.join(" "),
        "pure-token" => String::new(),
        _ => argument.name.to_string(),
    };
    let word = match argument.token {
        Some(token) if inner.is_empty() => token.to_string(),
        Some(token) => format!("{token} {inner}"),
        None => inner,
    };
    let word = match argument.flags.contains(&"multiple") {
        true => format!("{word} [{word} …]"),
        false => word,
    };
    if argument.flags.contains(&"optional") { format!("[{word}]") } else { word }
}
