//! What a client asks over, and how an operation is said there and its answer understood.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::time::Duration;

use resp::Value;
use serde_json::json;

use super::certificate::Certificate;
use super::step::text_of;
use super::step::{Answer, Step};
use super::zmq;
use crate::scenario::Transport;
use crate::scenario::transport::{ERROR, NOTHING};
use crate::servers::connection::Connection;

/// A connection to a server.
///
/// Invariant: after an error nobody asks again, because a late reply would answer the wrong
/// question.
pub(super) enum Link {
    /// RESP.
    Resp(Connection),
    /// ZeroMQ.
    Zmq(zmq::Connection),
}

impl Link {
    pub(super) async fn open(
        transport: Transport,
        server: SocketAddr,
        within: Duration,
    ) -> Result<Link, String> {
        match transport {
            Transport::Resp => Connection::open_certified(server, within).await.map(Link::Resp),
            Transport::Zmq => zmq::Connection::open(server, within).await.map(Link::Zmq),
        }
    }

    /// Asks, and gives the answer with where it stands, if the server says so. An error means that
    /// the outcome is unknown.
    pub(super) async fn ask(
        &mut self,
        step: &Step,
        within: Duration,
    ) -> Result<(Answer, Option<Certificate>), String> {
        match self {
            Link::Resp(connection) => ask_resp(connection, step, within).await,
            Link::Zmq(connection) => {
                let reply = connection.ask(&in_json(step), within).await;
                let reply = reply.map_err(|error| error.to_string())?;
                let foreign = || something_else(reply.escape_ascii());
                Ok((answer_of_text(step, &reply).ok_or_else(foreign)?, None))
            }
        }
    }
}

impl Link {
    /// Where the session of this connection stands, to be carried to another server; `None`: what
    /// is spoken here has no word for it. An error means that the connection is of no use any more.
    pub(super) async fn token(&mut self, within: Duration) -> Result<Option<String>, String> {
        let Link::Resp(connection) = self else { return Ok(None) };
        let reply = connection.ask(&["CONSISTENCY", "TOKEN"], within).await;
        match reply.map_err(|error| error.to_string())? {
            Value::Bulk(token) => Ok(Some(text_of(&token))),
            reply => Err(something_else(reply)),
        }
    }

    /// Waits until this server stands where the token says; an error says why it does not.
    pub(super) async fn wait_for(&mut self, token: &str, within: Duration) -> Result<(), String> {
        let Link::Resp(connection) = self else { return Err("it knows no tokens".into()) };
        let reply = connection.ask(&["CONSISTENCY", "WAITFOR", token], within).await;
        match reply.map_err(|error| error.to_string())? {
            Value::Simple(text) if &text[..] == b"OK" => Ok(()),
            reply => match reply.as_error() {
                Some(error) => Err(String::from_utf8_lossy(error).into_owned()),
                None => Err(something_else(reply)),
            },
        }
    }
}

fn something_else(reply: impl std::fmt::Display) -> String {
    format!("an answer to something else: {reply}")
}

async fn ask_resp(
    connection: &mut Connection,
    step: &Step,
    within: Duration,
) -> Result<(Answer, Option<Certificate>), String> {
    if let Step::Transaction { commands } = step
        && let Some(refused) = queue(connection, commands, within).await?
    {
        return Ok((refused, None));
    }
    let exec = || vec![Cow::Borrowed("EXEC")];
    let words = if matches!(step, Step::Transaction { .. }) { exec() } else { step.words() };
    let command: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let reply = connection.ask(&command, within).await.map_err(|error| error.to_string())?;
    let (certificate, reply) = Certificate::take_off(reply)?;
    let answer = interpret(step, &reply).ok_or_else(|| something_else(&reply))?;
    Ok((answer, certificate))
}

/// Has the commands of a transaction queued; an answer if that was refused before it began, when
/// they would run by themselves. What is refused behind that `EXEC` refuses as a whole.
async fn queue(
    connection: &mut Connection,
    commands: &[Step],
    within: Duration,
) -> Result<Option<Answer>, String> {
    let begun = connection.ask(&["MULTI"], within).await.map_err(|error| error.to_string())?;
    if let Some(error) = begun.as_error() {
        return Ok(Some(answer_of_error(error)));
    }
    for step in commands {
        let words = step.words();
        let command: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
        let reply = connection.ask(&command, within).await.map_err(|error| error.to_string())?;
        match &reply {
            Value::Simple(text) if &text[..] == b"QUEUED" => {}
            refused if refused.as_error().is_some() => {}
            other => return Err(something_else(other)),
        }
    }
    Ok(None)
}

/// An operation as the original's clients say it.
fn in_json(step: &Step) -> String {
    match step {
        Step::Write { key, value } => json!({ "type": "set", "key": key, "value": value }),
        Step::Read { key, level: None } => json!({ "type": "get", "key": key, "value": null }),
        _ => unreachable!("a scenario over ZeroMQ has plain reads and writes alone"),
    }
    .to_string()
}

/// What an error says about an operation: refused or unknown.
fn answer_of_error(text: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(text).into_owned();
    // Of all errors this code alone leaves open whether the command ran.
    match text.split(' ').next() {
        Some("INDETERMINATE") => Answer::Unknown(text),
        _ => Answer::Refused(text),
    }
}

/// What a text says about an operation; `None`: it is no reply to it.
fn answer_of_text(step: &Step, reply: &[u8]) -> Option<Answer> {
    if let Some(error) = reply.strip_prefix(ERROR.as_bytes()) {
        return Some(answer_of_error(error));
    }
    match step {
        Step::Write { .. } => (reply == b"success").then_some(Answer::Written),
        Step::Read { key, .. } => {
            let value = reply.strip_prefix(key.as_bytes())?.strip_prefix(b":")?;
            let is_something = value != NOTHING.as_bytes();
            Some(Answer::Value(is_something.then(|| text_of(value))))
        }
        // A scenario over ZeroMQ asks for nothing else.
        _ => None,
    }
}

/// What a reply says about an operation: done, refused or unknown. `None`: it is no reply to it.
fn interpret(step: &Step, reply: &Value) -> Option<Answer> {
    if let Some(error) = reply.as_error() {
        return Some(answer_of_error(error));
    }
    match (step, reply) {
        (Step::Write { .. }, Value::Simple(text)) if &text[..] == b"OK" => Some(Answer::Written),
        (Step::Cas { .. }, Value::Simple(text)) if &text[..] == b"OK" => {
            Some(Answer::Swapped(true))
        }
        (Step::Cas { .. }, Value::Nil) => Some(Answer::Swapped(false)),
        (Step::Append { .. } | Step::Delete { .. }, Value::Integer(_)) => Some(Answer::Written),
        (Step::Increment { .. }, Value::Integer(sum)) => Some(Answer::Sum(*sum)),
        (Step::Transaction { commands }, Value::Array(replies)) => {
            let answers = commands.iter().zip(replies).map(|(step, reply)| interpret(step, reply));
            let answers: Vec<Answer> = answers.collect::<Option<_>>()?;
            (commands.len() == replies.len()).then_some(Answer::Ran(answers))
        }
        (Step::Read { .. }, Value::Nil) => Some(Answer::Value(None)),
        (Step::Read { .. }, Value::Bulk(value)) => Some(Answer::Value(Some(text_of(value)))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write() -> Step {
        Step::Write { key: "a".into(), value: "it's \"1\"".into() }
    }

    fn read() -> Step {
        Step::Read { key: "a".into(), level: None }
    }

    #[test]
    fn what_came_of_each_command_of_a_transaction() {
        let step = Step::Transaction { commands: vec![write(), read()] };
        let ok = || Value::Simple("OK".into());
        let both = Value::Array(vec![ok(), Value::Nil]);
        let ran = Answer::Ran(vec![Answer::Written, Answer::Value(None)]);
        assert_eq!(interpret(&step, &both), Some(ran));
        assert_eq!(interpret(&step, &Value::Array(vec![ok()])), None);
        assert_eq!(interpret(&step, &Value::Array(vec![ok(), ok()])), None);
        assert_eq!(interpret(&step, &Value::Nil), None);
        let aborted = Value::Error("EXECABORT why".into());
        assert_eq!(interpret(&step, &aborted), Some(Answer::Refused("EXECABORT why".into())));
    }

    #[test]
    fn requests_in_json() {
        assert_eq!(in_json(&write()), r#"{"key":"a","type":"set","value":"it's \"1\""}"#);
        assert_eq!(in_json(&read()), r#"{"key":"a","type":"get","value":null}"#);
    }

    #[test]
    fn what_a_text_says() {
        let told = |step: &Step, text: &str| answer_of_text(step, text.as_bytes());
        let value = |text: &str| Some(Answer::Value(Some(text.into())));
        assert_eq!(told(&write(), "success"), Some(Answer::Written));
        assert_eq!(told(&write(), "a:1"), None);
        assert_eq!(told(&read(), "a:None"), Some(Answer::Value(None)));
        assert_eq!(told(&read(), "a:10"), value("10"));
        assert_eq!(told(&read(), "a::1"), value(":1"));
        assert_eq!(told(&read(), "a:None "), value("None "));
        assert_eq!(told(&read(), "b:1"), None);
        assert_eq!(told(&read(), "success"), None);
        let refused = Some(Answer::Refused("CLUSTERDOWN no leader".into()));
        assert_eq!(told(&write(), "error: CLUSTERDOWN no leader"), refused);
        let unknown = Some(Answer::Unknown("INDETERMINATE who knows".into()));
        assert_eq!(told(&write(), "error: INDETERMINATE who knows"), unknown);
    }
}
