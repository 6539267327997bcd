//! What clients asked for and heard: the record of a world, from which the judge gets its histories.

use bytes::Bytes;
use node::{Certificate, Command, Condition, Error, Keys, Level, Reply, SetIf};

/// What an operation does to its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Get,
    Exists,
    Set(Bytes),
    /// Set if the value is this one (`None`: if there is none). `get`: the answer is what was there.
    Cas {
        from: Option<Bytes>,
        to: Bytes,
        get: bool,
    },
    Del,
}

impl Action {
    pub(crate) fn is_write(&self) -> bool {
        matches!(self, Action::Set(_) | Action::Cas { .. } | Action::Del)
    }

    pub(crate) fn command(&self, key: &Bytes) -> Command {
        match self {
            Action::Get => Command::Get(key.clone()),
            Action::Exists => Command::Exists(Keys::new([key])),
            Action::Set(value) => Command::Set(key.clone(), value.clone()),
            Action::Cas { from, to, get } => {
                let condition = from.clone().map_or(Condition::Absent, Condition::Equals);
                let (key, value) = (key.clone(), to.clone());
                Command::SetIf(Box::new(SetIf { key, value, condition, get: *get }))
            }
            Action::Del => Command::Del(Keys::new([key])),
        }
    }
}

/// What became of an operation, as far as its client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Not heard of yet.
    Open,
    /// Done, with this answer.
    Done(Reply),
    /// It did not run and will not.
    Refused(Error),
    /// It may have run, or run later.
    Unknown,
}

/// One operation of one client.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    /// The number of the client in the history: a new one for each session, and after each unknown outcome.
    pub(crate) client: u64,
    /// The place of the node that was asked.
    pub(crate) host: usize,
    pub(crate) key: Bytes,
    pub(crate) action: Action,
    /// The level that a read was promised: what it asked for, else the default.
    pub(crate) level: Level,
    pub(crate) start_us: u64,
    pub(crate) end_us: u64,
    pub(crate) outcome: Outcome,
    /// Where the answer stands, if its client asked for that.
    pub(crate) certificate: Option<Box<Certificate>>,
    /// Whether it was sent before the one before it was answered.
    pub(crate) pipelined: bool,
    /// Whether only one client and node ever write its key.
    pub(crate) private: bool,
    /// Whether its value was never written before.
    pub(crate) unique: bool,
    /// Whether it is a read of the quiet end.
    pub(crate) is_final: bool,
}

impl Operation {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done(_))
    }

    /// What a write leaves in its key, if it runs: a value, or nothing there. `None`: it leaves the key as it is, being
    /// a read, or a compare-and-set that found something else.
    pub(crate) fn written(&self) -> Option<Option<&Bytes>> {
        match &self.action {
            Action::Set(value) => Some(Some(value)),
            Action::Cas { .. } if self.compared() == Some(false) => None,
            Action::Cas { to, .. } => Some(Some(to)),
            Action::Del => Some(None),
            Action::Get | Action::Exists => None,
        }
    }

    /// What was there, if the answer tells.
    pub(crate) fn seen(&self) -> Option<Option<&Bytes>> {
        let Outcome::Done(reply) = &self.outcome else { return None };
        match (&self.action, reply) {
            (Action::Get | Action::Cas { get: true, .. }, Reply::Nil) => Some(None),
            (Action::Get | Action::Cas { get: true, .. }, Reply::Value(value)) => Some(Some(value)),
            (Action::Cas { from, get: false, .. }, Reply::Ok) => Some(from.as_ref()),
            (Action::Exists, Reply::Integer(0)) => Some(None),
            _ => None,
        }
    }

    /// Whether a value was there, if the answer is a count.
    pub(crate) fn counted(&self) -> Option<bool> {
        match self.outcome {
            Outcome::Done(Reply::Integer(count)) => Some(count > 0),
            _ => None,
        }
    }

    /// What was certainly not there, if the answer tells only that.
    pub(crate) fn missed(&self) -> Option<Option<&Bytes>> {
        match &self.action {
            Action::Cas { from, get: false, .. } if self.compared() == Some(false) => {
                Some(from.as_ref())
            }
            _ => None,
        }
    }

    /// Whether a compare-and-set that was answered found what it compared with.
    pub(crate) fn compared(&self) -> Option<bool> {
        match (&self.action, &self.outcome) {
            (Action::Cas { get: false, .. }, Outcome::Done(reply)) => Some(*reply == Reply::Ok),
            (Action::Cas { from, get: true, .. }, Outcome::Done(Reply::Value(value))) => {
                Some(from.as_ref() == Some(value))
            }
            (Action::Cas { from, get: true, .. }, Outcome::Done(_)) => Some(from.is_none()),
            _ => None,
        }
    }

    /// In a few words, for people.
    pub(crate) fn words(&self) -> String {
        format!("client {}, node {}: {}", self.client, self.host + 1, self.question())
    }

    /// What was asked for, and at which level if that matters.
    pub(crate) fn question(&self) -> String {
        let key = String::from_utf8_lossy(&self.key);
        let what = match &self.action {
            Action::Get => format!("GET {key}"),
            Action::Exists => format!("EXISTS {key}"),
            Action::Set(value) => format!("SET {key} {}", String::from_utf8_lossy(value)),
            Action::Cas { from, to, get } => {
                let to = String::from_utf8_lossy(to);
                let from = from.as_ref().map(|from| String::from_utf8_lossy(from));
                let condition = from.map_or("NX".into(), |from| format!("IFEQ {from}"));
                format!("SET {key} {to} {condition}{}", if *get { " GET" } else { "" })
            }
            Action::Del => format!("DEL {key}"),
        };
        let level =
            if self.action.is_write() { String::new() } else { format!(" ({})", self.level) };
        format!("{what}{level}")
    }
}

/// A reply as people read it.
pub(crate) fn words(reply: &Reply) -> String {
    match reply {
        Reply::Ok => "OK".into(),
        Reply::Nil => "nil".into(),
        Reply::Value(value) => String::from_utf8_lossy(value).into_owned(),
        Reply::Integer(count) => count.to_string(),
        Reply::Error(error) => format!("-{error}"),
    }
}
