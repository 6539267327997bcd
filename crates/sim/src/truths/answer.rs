//! An answer fits its question; a level that the order cannot give is refused, and one that it can is not.

use node::{Error, Level, Reply};

use super::Truth;
use crate::operation::{Action, Operation, Outcome, words};
use crate::setting::Setting;

/// The levels that the order of this world can give.
#[derive(Debug)]
pub(crate) struct Fitting {
    levels: &'static [Level],
}

impl Fitting {
    pub(crate) fn new(setting: &Setting) -> Fitting {
        Fitting { levels: setting.levels() }
    }
}

impl Truth for Fitting {
    fn name(&self) -> &'static str {
        "fitting answers"
    }

    fn on_outcome(&mut self, operation: &Operation) -> Result<(), String> {
        let possible = operation.action.is_write() || self.levels.contains(&operation.level);
        match &operation.outcome {
            Outcome::Done(reply) if !possible => Err(format!(
                "{} asked for a level that the order cannot give and got {}",
                operation.words(),
                words(reply)
            )),
            Outcome::Done(reply) if !fits(&operation.action, reply) => {
                Err(format!("{} was answered with {}", operation.words(), words(reply)))
            }
            Outcome::Refused(error @ (Error::Invalid(_) | Error::Consistency(_))) if possible => {
                Err(format!("{} was refused with -{error}", operation.words()))
            }
            _ => Ok(()),
        }
    }
}

fn fits(action: &Action, reply: &Reply) -> bool {
    match (action, reply) {
        (Action::Get, Reply::Nil | Reply::Value(_)) | (Action::Set(_), Reply::Ok) => true,
        (Action::Exists | Action::Del, Reply::Integer(count)) => (0..=1).contains(count),
        _ => false,
    }
}
