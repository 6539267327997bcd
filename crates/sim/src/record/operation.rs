//! What clients asked for and heard: the record of a world, from which the judge gets its
//! histories. Begin with [`Operation`].

use std::collections::BTreeSet;

use bytes::Bytes;
use node::{Certificate, Command, Error, Level, MemberChange, OnceId, Order, Reply, Token};

use super::keyspace::{Change, Served, name_of};
use super::members;

/// What an operation does to its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Get,
    Exists,
    Set(Bytes),
    /// Set if the value is this one (`None`: if there is none). `get`: the answer is what was
    /// there.
    Cas {
        from: Option<Bytes>,
        to: Bytes,
        get: bool,
    },
    /// Set if there is a value.
    Replace(Bytes),
    Del,
    /// EXISTS, or DEL if it removes, of several keys: some may be absent, some may be named twice.
    Many {
        keys: Vec<Bytes>,
        removes: bool,
    },
    /// A command of which no history tells, with its name, on these keys, which are kept for such.
    Other {
        words: Vec<Bytes>,
        keys: Vec<Bytes>,
    },
    /// Asks where its session stands.
    Token,
    /// Asks at which level the last read of its connection was answered.
    Last,
    /// Waits until its node stands where this token of its session says.
    WaitFor(Bytes),
    /// A keyspace is created or dropped.
    Keyspace(Change),
    /// The members are changed, by an operator who has this task.
    Members {
        change: MemberChange,
        task: usize,
    },
    /// Such commands in a transaction, on the condition that what its client watches is unchanged.
    Exec {
        commands: Vec<Vec<Bytes>>,
        keys: Vec<Bytes>,
    },
}

impl Action {
    /// Whether it is about its session or the cluster, and not about keys.
    pub(crate) fn is_of_session(&self) -> bool {
        matches!(self, Action::Token | Action::WaitFor(_) | Action::Last | Action::Members { .. })
    }

    pub(crate) fn is_write(&self) -> bool {
        if let Action::Other { words, .. } = self {
            let row = node::find(&words[0]).expect(SENSE);
            return row.access == node::Access::Write;
        }
        matches!(
            self,
            Action::Set(_)
                | Action::Cas { .. }
                | Action::Replace(_)
                | Action::Del
                | Action::Exec { .. }
                | Action::Keyspace(_)
                | Action::Many { removes: true, .. }
        )
    }

    /// The keys that it names, each once, in order.
    pub(crate) fn keys<'a>(&'a self, key: &'a Bytes) -> BTreeSet<&'a Bytes> {
        match self {
            Action::Many { keys, .. } | Action::Other { keys, .. } | Action::Exec { keys, .. } => {
                keys.iter().collect()
            }
            Action::Token | Action::WaitFor(_) | Action::Last => BTreeSet::new(),
            Action::Keyspace(_) | Action::Members { .. } => BTreeSet::new(),
            _ => BTreeSet::from([key]),
        }
    }

    /// The highest count that it may be answered with: DEL finds a key once, EXISTS as often as it
    /// is named.
    pub(crate) fn count_max(&self) -> usize {
        match self {
            Action::Many { keys, removes: false } => keys.len(),
            Action::Many { keys, removes: true } => keys.iter().collect::<BTreeSet<_>>().len(),
            _ => 1,
        }
    }

    pub(crate) fn command(&self, key: &Bytes) -> Command {
        let mut words: Vec<&[u8]> = match self {
            Action::Token => return Command::token(),
            Action::Last => return Command::last(),
            Action::WaitFor(token) => {
                return Command::wait_for(&Token::parse(token).expect(SENSE), None);
            }
            Action::Exec { commands, .. } => return list(commands),
            Action::Keyspace(change) => return change.command(),
            Action::Members { change, .. } => return Command::change_members(change),
            Action::Get => vec![b"GET", key],
            Action::Exists => vec![b"EXISTS", key],
            Action::Set(value) => vec![b"SET", key, value],
            Action::Cas { from: Some(from), to, .. } => vec![b"SET", key, to, b"IFEQ", from],
            Action::Cas { from: None, to, .. } => vec![b"SET", key, to, b"NX"],
            Action::Replace(value) => vec![b"SET", key, value, b"XX"],
            Action::Del => vec![b"DEL", key],
            Action::Other { words, .. } => words.iter().map(|word| &word[..]).collect(),
            Action::Many { keys, removes } => {
                let name: &[u8] = if *removes { b"DEL" } else { b"EXISTS" };
                [name].into_iter().chain(keys.iter().map(|key| &key[..])).collect()
            }
        };
        if let Action::Cas { get: true, .. } = self {
            words.push(b"GET");
        }
        Command::of_words(&words).expect(SENSE)
    }
}

fn text(words: &[Bytes]) -> String {
    words.iter().map(|word| String::from_utf8_lossy(word)).collect::<Vec<_>>().join(" ")
}

fn list(commands: &[Vec<Bytes>]) -> Command {
    let commands: Vec<_> =
        commands.iter().map(|words| Command::of_words(words).expect(SENSE)).collect();
    Command::list(&commands).expect(SENSE)
}

/// How often one is sent whose outcome is not known.
const SENDINGS_MAX: u32 = 20;

const SENSE: &str = "what clients of a world say makes sense";

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
    /// The number of the client in the history: a new one for each session, and after each unknown
    /// outcome.
    pub(crate) client: u64,
    /// The place of the node that was asked.
    pub(crate) host: usize,
    pub(crate) key: Bytes,
    /// The order of the keyspace that it was asked of. `None`: its keys change hands, and it is not
    /// known who had them then.
    pub(crate) order: Option<Order>,
    /// Whether that keyspace shows what it is told before that is on disk. Its answers stand in no
    /// order, and what was written may be lost: no history tells of its reads, and of its writes
    /// that they may have happened.
    pub(crate) is_interval: bool,
    /// Whether its level is that of its keyspace, whichever that is.
    pub(crate) own_level: bool,
    pub(crate) action: Action,
    /// The level that a read was promised: what it asked for, else the default; of several levels
    /// the weakest, or the one at which it was answered, if its client asked for that.
    pub(crate) level: Level,
    /// It must see all that was committed then, if anything was promised of that.
    pub(crate) since_us: Option<u64>,
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
    /// Whether it is a read at the end.
    pub(crate) is_final: bool,
    /// What it is a part of, by the place in the record, if it is one of several.
    pub(crate) part_of: Option<usize>,
    /// The id under which it runs once: so it is sent again until its outcome is known.
    pub(crate) once: Option<Bytes>,
    /// When it was last sent, and how often.
    pub(crate) sent_us: u64,
    pub(crate) sendings: u32,
}

impl Operation {
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done(_))
    }

    /// Whether it is an EXEC that did not run, since a key that its client watches had changed.
    pub(crate) fn is_called_off(&self) -> bool {
        let is_nil = matches!(self.outcome, Outcome::Done(Reply::Nil));
        is_nil && matches!(self.action, Action::Exec { .. })
    }

    /// Whether it waits for a token that names what is lost with a member that was removed.
    pub(crate) fn waits_for_what_is_lost(&self) -> bool {
        let is_refused = matches!(self.outcome, Outcome::Refused(Error::Consistency(_)));
        is_refused && matches!(self.action, Action::WaitFor(_))
    }

    /// From when on what was done must be seen, or be known to be too late: for a bounded read,
    /// some time before it was asked for.
    pub(crate) fn begins_us(&self) -> u64 {
        match self.level {
            Level::Bounded { .. } if !self.action.is_write() => {
                self.since_us.unwrap_or(self.start_us)
            }
            _ => self.start_us,
        }
    }

    /// What a write leaves in its key, if it runs: a value, or nothing there. `None`: it leaves the
    /// key as it is, being a read, or a compare-and-set that found something else.
    pub(crate) fn written(&self) -> Option<Option<&Bytes>> {
        match &self.action {
            Action::Set(value) => Some(Some(value)),
            Action::Cas { .. } if self.compared() == Some(false) => None,
            Action::Replace(_) if self.outcome == Outcome::Done(Reply::Nil) => None,
            Action::Cas { to, .. } | Action::Replace(to) => Some(Some(to)),
            Action::Del => Some(None),
            Action::Get
            | Action::Exists
            | Action::Many { .. }
            | Action::Other { .. }
            | Action::Exec { .. }
            | Action::Keyspace(_)
            | Action::Members { .. }
            | Action::Token
            | Action::Last
            | Action::WaitFor(_) => None,
        }
    }

    /// What was there, if the answer tells.
    pub(crate) fn seen(&self) -> Option<Option<&Bytes>> {
        let Outcome::Done(reply) = &self.outcome else { return None };
        match (&self.action, reply) {
            (Action::Get | Action::Cas { get: true, .. } | Action::Replace(_), Reply::Nil) => {
                Some(None)
            }
            (Action::Get | Action::Cas { get: true, .. }, Reply::Value(value)) => Some(Some(value)),
            (Action::Cas { from, get: false, .. }, Reply::Ok) => Some(from.as_ref()),
            (Action::Exists, Reply::Integer(0)) => Some(None),
            _ => None,
        }
    }

    /// Whether a value was there, if the answer is the count of one key.
    pub(crate) fn counted(&self) -> Option<bool> {
        match self.outcome {
            _ if matches!(
                self.action,
                Action::Many { .. } | Action::Other { .. } | Action::Exec { .. }
            ) =>
            {
                None
            }
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

    /// It was asked of this keyspace.
    pub(crate) fn place_in(&mut self, served: Served) {
        if served.is_interval {
            self.is_interval = true;
            return;
        }
        self.order = Some(served.order);
        if self.own_level {
            self.level = served.level;
            self.since_us = (served.level == Level::Linearizable).then_some(self.start_us);
        }
    }

    /// What it says of each of its keys by itself, in the order of the keys; `place` is its own in
    /// the record. (Not of those that are kept for commands of which no history tells.)
    ///
    /// No history tells of several keys at once. That all of them change at one moment is lost by
    /// this; what is said of each is true.
    pub(crate) fn parts(&self, place: usize) -> Vec<Operation> {
        let removes = match &self.action {
            Action::Many { removes, .. } => removes,
            // What it says of its keys no history has a word for.
            Action::Other { .. } | Action::Exec { .. } | Action::Keyspace(_) => return vec![],
            _ if self.action.is_of_session() => return vec![],
            _ => return vec![self.clone()],
        };
        let part = |(number, key): (usize, &Bytes)| Operation {
            key: key.clone(),
            action: if *removes { Action::Del } else { Action::Exists },
            outcome: self.outcome_of_one(),
            pipelined: self.pipelined || number > 0,
            private: is_private(key),
            part_of: Some(place),
            ..self.clone()
        };
        let keys = self.action.keys(&self.key).into_iter();
        keys.filter(|key| !name_of(key).starts_with(b"other")).enumerate().map(part).collect()
    }

    /// What the answer says of one of several keys: whether it was there only if all were, or none.
    fn outcome_of_one(&self) -> Outcome {
        match self.outcome {
            Outcome::Done(Reply::Integer(0)) => Outcome::Done(Reply::Integer(0)),
            Outcome::Done(Reply::Integer(count)) if count as usize == self.action.count_max() => {
                Outcome::Done(Reply::Integer(1))
            }
            Outcome::Done(_) => Outcome::Done(Reply::Ok),
            ref other => other.clone(),
        }
    }

    /// The command that is sent.
    pub(crate) fn command(&self) -> Command {
        let command = self.action.command(&self.key);
        match &self.once {
            Some(id) => command.once(&OnceId::parse(id).expect(SENSE)).expect(SENSE),
            None => command,
        }
    }

    /// Whether it is to be sent again, where this is what its client heard last: an earlier sending
    /// may have run.
    pub(crate) fn goes_again(&self, outcome: &Outcome) -> bool {
        let may_have_run = match outcome {
            Outcome::Unknown => true,
            Outcome::Refused(Error::Invalid(_)) | Outcome::Done(_) | Outcome::Open => false,
            Outcome::Refused(_) => self.sendings > 1,
        };
        self.once.is_some() && may_have_run && self.sendings < SENDINGS_MAX
    }

    /// In a few words, for people.
    pub(crate) fn describe(&self) -> String {
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
            Action::Replace(value) => format!("SET {key} {} XX", String::from_utf8_lossy(value)),
            Action::Del => format!("DEL {key}"),
            Action::Token => "CONSISTENCY TOKEN".into(),
            Action::Last => "CONSISTENCY LAST".into(),
            Action::WaitFor(_) => "CONSISTENCY WAITFOR the token".into(),
            Action::Other { words, .. } => text(words),
            Action::Keyspace(change) => change.describe(),
            Action::Members { change, .. } => members::in_words(change),
            Action::Exec { commands, .. } => {
                let commands: Vec<String> = commands.iter().map(|words| text(words)).collect();
                format!("EXEC {}", commands.join("; "))
            }
            Action::Many { keys, removes } => {
                let keys = keys.iter().map(|key| String::from_utf8_lossy(key)).collect::<Vec<_>>();
                format!("{} {}", if *removes { "DEL" } else { "EXISTS" }, keys.join(" "))
            }
        };
        let level =
            if self.action.is_write() { String::new() } else { format!(" ({})", self.level) };
        let once = self.once.as_ref().map(|id| format!("ONCE {} ", String::from_utf8_lossy(id)));
        format!("{}{what}{level}", once.unwrap_or_default())
    }
}

/// The key that only this client writes, and only at this node.
pub(crate) fn private_key(client: usize, host: usize) -> Bytes {
    Bytes::from(format!("own-{client}-{host}"))
}

fn is_private(key: &Bytes) -> bool {
    key.starts_with(b"own-")
}

/// What clients asked for and heard, key by key, and where each stands in the record.
pub(crate) fn parts(record: &[Operation]) -> (Vec<Operation>, Vec<usize>) {
    let parts = |(place, operation): (usize, &Operation)| {
        operation.parts(place).into_iter().map(move |part| (part, place))
    };
    record.iter().enumerate().flat_map(parts).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::operation;

    /// What each key is told when two of three names were counted, and so on.
    fn told(removes: bool, count: i64) -> Vec<(Bytes, Reply)> {
        let keys = ["own-1-0", "k", "own-1-0"].map(Bytes::from).to_vec();
        let position = node::AgreedPosition::default();
        let certificate = Certificate::Agreed { position, by: None };
        let action = Action::Many { keys, removes };
        let whole = operation(1, action, Reply::Integer(count), (0, 1), certificate);
        let parts = whole.parts(7);
        assert!(parts.iter().all(|part| part.part_of == Some(7) && part.action.count_max() == 1));
        assert_eq!(parts.iter().map(|part| part.private).collect::<Vec<_>>(), [false, true]);
        let told = |part: Operation| match part.outcome {
            Outcome::Done(reply) => (part.key, reply),
            other => panic!("it is done: {other:?}"),
        };
        parts.into_iter().map(told).collect()
    }

    #[test]
    fn a_count_of_several_keys_tells_of_each_only_if_it_is_all_or_none() {
        let both =
            |reply: Reply| vec![(Bytes::from("k"), reply.clone()), (Bytes::from("own-1-0"), reply)];
        assert_eq!(told(false, 0), both(Reply::Integer(0)));
        assert_eq!(told(false, 3), both(Reply::Integer(1)));
        assert_eq!(told(true, 2), both(Reply::Integer(1)), "what is named twice is removed once");
        assert_eq!(told(true, 1), both(Reply::Ok), "one of them, and it is not told which");
    }
}
