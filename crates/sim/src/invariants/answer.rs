//! An answer fits its question; what the order cannot give is refused, and what it can is not.

use node::{Error, Level, Order, Reply};

use super::invariant::Invariant;
use crate::plan::setting::Setting;
use crate::record::describe;
use crate::record::keyspace::may_have;
use crate::record::operation::{Action, Operation, Outcome};

/// What the order of this world can give.
#[derive(Debug)]
pub(crate) struct Fitting {
    setting: Setting,
}

impl Fitting {
    pub(crate) fn new(setting: &Setting) -> Fitting {
        Fitting { setting: setting.clone() }
    }
}

impl Fitting {
    /// Whether the clock of the node that is asked has a part in it.
    fn stamps(&self, operation: &Operation) -> bool {
        let is_merged = operation.order != Some(Order::Agreed);
        let merges = is_merged && operation.action.is_write();
        // The id of what runs once has a time.
        merges || operation.once.is_some()
    }
}

impl Invariant for Fitting {
    fn name(&self) -> &'static str {
        "fitting answers"
    }

    fn on_outcome(&mut self, operation: &Operation) -> Result<(), String> {
        let possible = self.setting.can(operation);
        match &operation.outcome {
            Outcome::Done(reply) if !possible => Err(format!(
                "{} asked for what the order cannot give and got {}",
                operation.describe(),
                describe::reply(reply)
            )),
            Outcome::Done(reply) if !fits(&operation.action, reply) => Err(format!(
                "{} was answered with {}",
                operation.describe(),
                describe::reply(reply)
            )),
            Outcome::Done(reply)
                if self.setting.load.certified
                    && operation.certificate.is_none()
                    && !operation.action.is_of_session()
                    && !self.may_be_undone(operation, reply)
                    && !operation.is_interval =>
            {
                let words = operation.describe();
                Err(format!(
                    "{words} was answered with {} and no certificate",
                    describe::reply(reply)
                ))
            }
            // The state machine refuses what cannot be done.
            Outcome::Refused(Error::Invalid(_)) if is_other(&operation.action) => Ok(()),
            // Its token may name one that is no member, or that came since.
            Outcome::Refused(Error::Consistency(_))
                if self.setting.changes_members()
                    && matches!(operation.action, Action::WaitFor(_)) =>
            {
                Ok(())
            }
            // Its keyspace may be one whose order has not got what the connection prefers.
            Outcome::Refused(Error::Consistency(_)) if may_have(&operation.key) => Ok(()),
            Outcome::Refused(error @ Error::CrossKeyspace(_)) if !self.reaches_over(operation) => {
                Err(format!("{} was refused with -{error}", operation.describe()))
            }
            Outcome::Refused(error @ (Error::Invalid(_) | Error::Consistency(_))) if possible => {
                Err(format!("{} was refused with -{error}", operation.describe()))
            }
            Outcome::Refused(error @ Error::Stale(_))
                if !matches!(operation.level, Level::Bounded { .. }) =>
            {
                Err(format!("{} has no bound and was refused with -{error}", operation.describe()))
            }
            Outcome::Refused(error @ Error::ClockSkew(_)) if !self.stamps(operation) => Err(
                format!("{} needs no clock and was refused with -{error}", operation.describe()),
            ),
            Outcome::Refused(error @ Error::OutOfMemory(_)) if !self.may_lack_memory(operation) => {
                Err(format!(
                    "{} needs no memory and was refused with -{error}",
                    operation.describe()
                ))
            }
            _ => Ok(()),
        }
    }
}

impl Fitting {
    /// Whether its keys, or what its client watches, may belong to several keyspaces.
    fn reaches_over(&self, operation: &Operation) -> bool {
        let watches =
            matches!(operation.action, Action::Exec { .. }) && self.setting.has_keyspaces();
        watches || may_have(&operation.key)
    }

    /// Whether it may be a transaction that did not run since what its client had watched is in a
    /// merged keyspace by now, whatever its own keys are: it stands nowhere.
    fn may_be_undone(&self, operation: &Operation, reply: &Reply) -> bool {
        let may_be_merged = operation.order != Some(Order::Agreed) || may_have(&operation.key);
        matches!((&operation.action, reply), (Action::Exec { .. }, Reply::Nil))
            && may_be_merged
            && self.setting.has_keyspaces()
    }

    /// Whether there is a limit of memory that a write may meet.
    fn may_lack_memory(&self, operation: &Operation) -> bool {
        self.setting.limits_memory() && operation.action.is_write()
    }
}

fn is_other(action: &Action) -> bool {
    matches!(action, Action::Other { .. } | Action::Keyspace(_) | Action::Members { .. })
}

fn fits(action: &Action, reply: &Reply) -> bool {
    match (action, reply) {
        (Action::Keyspace(_), Reply::Ok) => true,
        (Action::Get | Action::Cas { get: true, .. }, Reply::Nil | Reply::Value(_))
        | (Action::Cas { get: false, .. } | Action::Replace(_), Reply::Ok | Reply::Nil)
        | (Action::Set(_), Reply::Ok) => true,
        (Action::Last, Reply::Array(both)) => {
            matches!(&both[..], [Reply::Nil, Reply::Nil] | [Reply::Value(_), Reply::Nil])
                || matches!(&both[..], [Reply::Value(_), Reply::Integer(0..)])
        }
        (Action::Members { .. }, Reply::Ok | Reply::Value(_)) => true,
        (Action::Token, Reply::Value(_)) | (Action::WaitFor(_), Reply::Status("OK")) => true,
        // The fold of the log says what it means.
        (Action::Other { .. }, _) | (Action::Exec { .. }, Reply::Array(_) | Reply::Nil) => true,
        (Action::Exists | Action::Del | Action::Many { .. }, Reply::Integer(count)) => {
            (0..=action.count_max() as i64).contains(count)
        }
        _ => false,
    }
}
