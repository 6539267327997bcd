//! `KEYSPACE`: which keys belong together, and what is promised of them. CREATE, ALTER and DROP are
//! writes of the cluster, on any node; LIST and GET tell what this node goes by.

use node::{Allowed, Command, Definition, Durability, Level, Levels, Order};

use super::spec::Call;
use super::{Action, Connection, level};

/// `KEYSPACE CREATE name PREFIX prefix ORDER AGREED|MERGED LEVEL level [ALLOW level …]
/// [DURABILITY DISK|INTERVAL]`
pub(super) fn create(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let command = options(call).and_then(|options| {
        let Options { prefix, order, level, allowed, durability } = options;
        let (Some(prefix), Some(order), Some(level)) = (prefix, order, level) else {
            return Err(INCOMPLETE.into());
        };
        let levels = Levels { level, allowed: allowed.unwrap_or_default() };
        let durability = durability.unwrap_or_default();
        let definition = Definition { name: name(call)?, prefix, order, levels, durability };
        Command::create_keyspace(&definition).map_err(|error| error.to_string())
    });
    ask(command, connection, out)
}

/// `KEYSPACE ALTER name [LEVEL level] [ALLOW level …]`
pub(super) fn alter(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let status = call.context.status();
    let command = options(call).and_then(|options| {
        let Options { prefix, order, level, allowed, durability } = options;
        if prefix.is_some() || order.is_some() || durability.is_some() {
            return Err(
                "ERR a keyspace keeps its prefix, its order and its durability. Hint: create another one".into(),
            );
        }
        if level.is_none() && allowed.is_none() {
            return Err("ERR nothing to alter. Hint: LEVEL level, or ALLOW level …".into());
        }
        let name = name(call)?;
        let limited = allowed.filter(|allowed| *allowed != Allowed::ALL);
        let mut named = level.into_iter().chain(limited.iter().flat_map(|allowed| allowed.iter()));
        if name == "default"
            && let Some(level) = named.find(|level| !status.order.can_give(*level))
        {
            let order = status.order;
            return Err(format!(
                "CONSISTENCY the keyspace default is {order}, which has no {level} read. Hint: LEVEL causal or LEVEL eventual"
            ));
        }
        let unset = Levels { level: status.level, allowed: Allowed::ALL };
        Command::alter_keyspace(&name, level, allowed, unset).map_err(|error| error.to_string())
    });
    ask(command, connection, out)
}

/// `KEYSPACE DROP name`
pub(super) fn drop(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let dropped = |name: String| Command::drop_keyspace(&name).map_err(|error| error.to_string());
    ask(name(call).and_then(dropped), connection, out)
}

/// `KEYSPACE LIST`
pub(super) fn list(_: &mut Connection, _: &Call<'_>, _: &mut Vec<u8>) -> Action {
    Action::Ask { level: None, command: Command::keyspaces() }
}

/// `KEYSPACE GET name`
pub(super) fn get(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    ask(name(call).map(|name| Command::keyspace(&name)), connection, out)
}

/// Has the node asked, or says why not.
pub(super) fn ask(
    command: Result<Command, String>,
    connection: &mut Connection,
    out: &mut Vec<u8>,
) -> Action {
    match command {
        Ok(command) => Action::Ask { level: None, command },
        Err(text) => {
            connection.writer(out).error(text);
            Action::Replied
        }
    }
}

/// The name of a keyspace behind the subcommand.
pub(super) fn name(call: &Call<'_>) -> Result<String, String> {
    let name = String::from_utf8_lossy(&call.request[2]).into_owned();
    node::check_name(&name).map_err(|error| error.to_string())?;
    Ok(name)
}

/// What stands behind the name.
#[derive(Default)]
struct Options {
    prefix: Option<Vec<u8>>,
    order: Option<Order>,
    level: Option<Level>,
    allowed: Option<Allowed>,
    durability: Option<Durability>,
}

const INCOMPLETE: &str = "ERR a keyspace needs a prefix, an order and a level. Hint: KEYSPACE CREATE name PREFIX name: \
    ORDER agreed LEVEL linearizable";

/// The words that begin an option.
const OPTIONS: [&str; 5] = ["PREFIX", "ORDER", "LEVEL", "ALLOW", "DURABILITY"];

fn option_of(word: &[u8]) -> Option<&'static str> {
    OPTIONS.into_iter().find(|option| word.eq_ignore_ascii_case(option.as_bytes()))
}

fn options(call: &Call<'_>) -> Result<Options, String> {
    let mut words = call.request.iter().skip(3).peekable();
    let (mut options, mut said) = (Options::default(), vec![]);
    while let Some(word) = words.next() {
        let Some(option) = option_of(word) else {
            return Err(unknown("option", word, OPTIONS_HINT));
        };
        if said.contains(&option) {
            return Err(format!("ERR {option} is said twice"));
        }
        said.push(option);
        let Some(value) = words.next() else {
            return Err(format!("ERR {option} lacks its value"));
        };
        match option {
            "PREFIX" => options.prefix = Some(value.to_vec()),
            "ORDER" => options.order = Some(order(value)?),
            "LEVEL" => options.level = Some(level::read(value)?),
            "ALLOW" => {
                let more = std::iter::from_fn(|| words.next_if(|word| option_of(word).is_none()));
                options.allowed = Some(allowed(value, &more.collect::<Vec<_>>())?);
            }
            _ => options.durability = Some(durability(value)?),
        }
    }
    Ok(options)
}

const OPTIONS_HINT: &str = "PREFIX, ORDER, LEVEL, ALLOW and DURABILITY";

fn unknown(what: &str, word: &[u8], known: &str) -> String {
    format!("ERR unknown {what} '{:.32}'. Hint: {known}", word.escape_ascii().to_string())
}

fn order(word: &[u8]) -> Result<Order, String> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match () {
        () if is("agreed") => Ok(Order::Agreed),
        () if is("merged") => Ok(Order::Merged),
        () => Err(unknown(
            "order",
            word,
            "agreed (one log, by a majority) and merged (one log a node)",
        )),
    }
}

/// `ALL`, `NONE`, or levels.
fn allowed(first: &[u8], more: &[&[u8]]) -> Result<Allowed, String> {
    if more.is_empty() && first.eq_ignore_ascii_case(b"ALL") {
        return Ok(Allowed::ALL);
    }
    if more.is_empty() && first.eq_ignore_ascii_case(b"NONE") {
        return Ok(Allowed::default());
    }
    let levels: Result<Vec<_>, _> =
        [first].iter().chain(more).map(|word| level::read(word)).collect();
    levels.map(|levels| Allowed::of(&levels))
}

fn durability(word: &[u8]) -> Result<Durability, String> {
    match () {
        () if word.eq_ignore_ascii_case(b"disk") => Ok(Durability::Disk),
        () if word.eq_ignore_ascii_case(b"interval") => Ok(Durability::Interval),
        () => Err(unknown(
            "durability",
            word,
            "disk (before it is answered) and interval (every second, on merged keyspaces)",
        )),
    }
}
