//! `CONSISTENCY`: what the answers of a connection promise, and how a session moves between nodes.

use std::sync::Arc;

use node::{Command, Level, Order, Preference, Token};
use resp::{Protocol, parse_integer};

use super::spec::Call;
use super::{Action, Connection, keyspaces, level, refusal};

/// `CONSISTENCY ATTR ON|OFF`: whether answers say where they stand. Never unasked: most clients
/// choke on an attribute, or take it for the reply.
pub(super) fn attr(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let choice = &call.request[2];
    let on = choice.eq_ignore_ascii_case(b"ON");
    if !on && !choice.eq_ignore_ascii_case(b"OFF") {
        writer.error("ERR syntax error. Hint: CONSISTENCY ATTR ON, or CONSISTENCY ATTR OFF");
        return Action::Replied;
    }
    if on && connection.protocol != Protocol::Resp3 {
        writer.error("CONSISTENCY only RESP3 has attributes. Hint: HELLO 3 first");
        return Action::Replied;
    }
    writer.simple("OK");
    connection.certify(on)
}

/// `CONSISTENCY SET level[:ms] [level[:ms] …] [STRICT]`: the level of this connection's reads that
/// name none, or several in order of preference; `DEFAULT`: that of the keyspace again.
pub(super) fn set(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let words: Vec<&[u8]> = call.request.iter().skip(2).collect();
    let status = call.context.status();
    // Where there are other keyspaces, each says by itself what it has not got.
    let only = (status.keyspaces.count <= 1).then_some(status.order);
    match chosen(&words, only, status.request_timeout_ms) {
        Err(text) => {
            connection.writer(out).error(text);
            Action::Replied
        }
        Ok(chosen) => {
            connection.writer(out).simple("OK");
            let (level, preference) = match chosen {
                Chosen::Default => (None, None),
                Chosen::One(level) => (Some(level), None),
                Chosen::Several(preference) => (None, Some(preference)),
            };
            connection.level = level;
            connection.prefer(preference)
        }
    }
}

/// What a connection's reads are to have.
enum Chosen {
    Default,
    One(Level),
    Several(Arc<Preference>),
}

/// What these words say. `only`: the order of all keyspaces, if there is but one keyspace.
fn chosen(words: &[&[u8]], only: Option<Order>, timeout_ms: u64) -> Result<Chosen, String> {
    let can_give = |level: Level| match only.filter(|order| !order.can_give(level)) {
        None => Ok(()),
        Some(order) => Err(format!(
            "CONSISTENCY the keyspace default is {order}, which has no {level} read: there is no one order to be the latest in. \
             Hint: causal or eventual"
        )),
    };
    if let [word] = words {
        if word.eq_ignore_ascii_case(b"DEFAULT") {
            return Ok(Chosen::Default);
        }
        if let Some((_, level)) = level::find(word) {
            return can_give(level).map(|()| Chosen::One(level));
        }
    }
    let preference = level::read_preference(words)?;
    preference.check_within(timeout_ms).map_err(|why| format!("CONSISTENCY {why}"))?;
    preference.choices().iter().try_for_each(|choice| can_give(choice.level))?;
    Ok(Chosen::Several(preference.into()))
}

/// `CONSISTENCY LAST`: the level of the last read that was answered, and how stale it was at most.
pub(super) fn last(_: &mut Connection, _: &Call<'_>, _: &mut Vec<u8>) -> Action {
    Action::Ask { level: None, command: Command::last() }
}

/// `CONSISTENCY GET [key]`: at which level a read of this key is answered that names none, who says
/// so, and why it would be refused, if it would.
pub(super) fn get(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    if call.request.len() > 3 {
        refusal::syntax(&mut connection.writer(out));
        return Action::Replied;
    }
    let (said, levels) = match (&connection.preference, connection.level) {
        (Some(preference), _) => {
            let levels = preference.choices().iter().map(|choice| choice.level);
            (preference.to_string(), levels.collect())
        }
        (None, Some(level)) => (level.to_string(), vec![level]),
        (None, None) => (String::new(), vec![]),
    };
    let key = (call.request.len() > 2).then(|| &call.request[2]);
    Action::Ask { level: None, command: Command::level_of(key, &said, &levels) }
}

/// `CONSISTENCY LIST [keyspace]`: each level, whether a read of this keyspace may ask for it, and
/// what it promises.
pub(super) fn list(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let command = match call.request.len() {
        2 => Ok(Command::levels("default")),
        3 => keyspaces::name(call).map(|name| Command::levels(&name)),
        _ => {
            refusal::syntax(&mut connection.writer(out));
            return Action::Replied;
        }
    };
    keyspaces::ask(command, connection, out)
}

/// `CONSISTENCY TOKEN`: where the session stands.
pub(super) fn token(_: &mut Connection, _: &Call<'_>, _: &mut Vec<u8>) -> Action {
    Action::Ask { level: None, command: Command::token() }
}

/// `CONSISTENCY WAITFOR token [milliseconds]`: waits until this node stands where the token says.
pub(super) fn wait_for(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let text = &call.request[2];
    let ms = match call.request.len() {
        3 => None,
        4 => match parse_integer(&call.request[3]).map(u64::try_from) {
            Some(Ok(ms)) => Some(ms),
            _ => {
                refusal::not_an_integer(&mut connection.writer(out));
                return Action::Replied;
            }
        },
        _ => {
            refusal::syntax(&mut connection.writer(out));
            return Action::Replied;
        }
    };
    match Token::parse(text) {
        Some(token) => Action::Ask { level: None, command: Command::wait_for(&token, ms) },
        None => {
            connection.writer(out).error(NO_TOKEN);
            Action::Replied
        }
    }
}

/// `CONSISTENCY MERGE token token …`: the token of a session that has seen what all of them have.
pub(super) fn merge(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let mut writer = connection.writer(out);
    let tokens: Option<Vec<Token>> = call.request.iter().skip(2).map(Token::parse).collect();
    match tokens.map(Token::merge) {
        Some(Some(floor)) => writer.bulk(floor.to_string()),
        Some(None) => writer.error(
            "CONSISTENCY the tokens are of different clusters, or of different epochs of one: there is no order \
             between them, so none is taken",
        ),
        None => writer.error(NO_TOKEN),
    }
    Action::Replied
}

const NO_TOKEN: &str = "ERR that is no token: CONSISTENCY TOKEN and CONSISTENCY MERGE give them";
