//! The field `transport`: what the clients of a scenario speak, and what cannot be said in it.

use jsonc_parser::ast::{ObjectProp, Value};
use jsonc_parser::common::Ranged;
use serde::{Deserialize, Serialize};

use super::fields::{Problems, kind, list, quoted};
use super::spelling;
use crate::clients::model::Model;

/// What clients speak with servers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transport {
    /// RESP, as Redis has it.
    #[default]
    Resp,
    /// ZeroMQ: one JSON object a request, one text a reply.
    Zmq,
}

/// Every name that a scenario file may give.
const NAMES: [(&str, Transport); 2] = [("resp", Transport::Resp), ("zmq", Transport::Zmq)];

/// How a ZeroMQ client hears that there is nothing.
pub(crate) const NOTHING: &str = "None";
/// What an error begins with over ZeroMQ.
pub(crate) const ERROR: &str = "error: ";

pub(super) fn read_transport(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Transport> {
    let names = || NAMES.iter().map(|(name, _)| *name);
    let Value::StringLit(text) = value else {
        let there_are = list(names());
        return problems.add(
            value,
            format!("a transport is a string, not {}; there are {there_are}", kind(value)),
        );
    };
    let known = NAMES.iter().find(|(name, _)| *name == text.value);
    known.map(|(_, transport)| *transport).or_else(|| {
        let right = match spelling::nearest(&text.value, names()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("there are {}", list(names())),
        };
        problems.add(value, format!("{} is no transport; {right}", quoted(&text.value)))
    })
}

impl Transport {
    /// Whether a request for this key can be told from an error by its reply.
    pub(super) fn check_key(self, key: &str, node: &impl Ranged, problems: &mut Problems<'_>) {
        let like_an_error = format!("{key}:") == ERROR.trim_end() || key.starts_with(ERROR);
        if self == Transport::Zmq && like_an_error {
            let what = "over ZeroMQ a read of this key could not be told from an error, which \
                        begins with \"error: \"; take another key";
            problems.add::<()>(node, what);
        }
    }

    /// Whether this value can be told from nothing when it is read.
    pub(super) fn check_value(self, value: &str, node: &impl Ranged, problems: &mut Problems<'_>) {
        if self == Transport::Zmq && value == NOTHING {
            let what =
                "over ZeroMQ the value None cannot be told from nothing; write another value";
            problems.add::<()>(node, what);
        }
    }

    /// Whether reads may have levels of their own.
    pub(super) fn check_level(self, field: &ObjectProp<'_>, problems: &mut Problems<'_>) {
        if self == Transport::Zmq {
            let what = format!(
                "over ZeroMQ all reads are at the level of the servers; leave \"{}\" out",
                field.name.as_str()
            );
            problems.add::<()>(field, what);
        }
    }

    /// Whether operations of a kind can be asked for.
    pub(super) fn check_kind(
        self,
        field: &ObjectProp<'_>,
        model: Model,
        what: &str,
        problems: &mut Problems<'_>,
    ) {
        if self == Transport::Zmq && !matches!(model, Model::Read | Model::Write) {
            let name = field.name.as_str();
            let what = format!("over ZeroMQ there is no {what}; leave \"{name}\" out");
            problems.add::<()>(field, what);
        }
    }
}
