//! What a row of the command table says.

use resp::Request;

use super::{Action, Connection, Context};

/// A command, or a subcommand of one.
#[derive(Debug)]
pub(super) struct Spec {
    /// In lower case; a subcommand's without its parent's.
    pub(super) name: &'static str,
    /// How many arguments it takes, its name (and its parent's) included; negative: at least so many.
    pub(super) arity: i32,
    /// What it does to keys.
    pub(super) access: Access,
    /// Redis' flags, beyond what `access` says.
    pub(super) flags: &'static [&'static str],
    /// Which of its arguments are keys.
    pub(super) keys: Option<Keys>,
    /// Redis' ACL categories.
    pub(super) categories: &'static [&'static str],
    /// Redis' hints for clients that spread commands over servers.
    pub(super) tips: &'static [&'static str],
    /// Redis' group of commands.
    pub(super) group: &'static str,
    /// The version of Redis that brought it.
    pub(super) since: &'static str,
    /// What it does, in a line.
    pub(super) summary: &'static str,
    /// What it costs.
    pub(super) complexity: &'static str,
    /// Its arguments for people, where they are simple.
    pub(super) arguments: &'static [Argument],
    /// Its subcommands.
    pub(super) subcommands: &'static [Spec],
    /// What does it.
    pub(super) run: Run,
}

/// Carries out a call whose number of arguments is right.
pub(super) type Run = fn(&mut Connection, &Call<'_>, &mut Vec<u8>) -> Action;

/// A request on its way to the function that carries it out.
pub(super) struct Call<'a> {
    /// The arguments, the name included.
    pub(super) request: &'a Request,
    /// The server around.
    pub(super) context: &'a dyn Context,
    /// What stood behind the `@`.
    pub(super) level: Option<node::Level>,
}

/// What a command does to keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// It has none.
    None,
    /// It reads them, at a level.
    Read,
    /// It writes them.
    Write,
}

/// Which arguments are keys: from `first` to `last` (negative: from the end) in steps of `step`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    pub(super) first: usize,
    pub(super) last: i64,
    pub(super) step: usize,
    /// What Redis calls what happens to them.
    pub(super) flags: &'static [&'static str],
}

/// An argument for people.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) name: &'static str,
    /// Redis' type of it.
    pub(super) kind: &'static str,
    /// `optional`, `multiple`.
    pub(super) flags: &'static [&'static str],
    /// The word that stands for it, or before it.
    pub(super) token: Option<&'static str>,
    /// Of one that is a choice: what there is to choose from.
    pub(super) choices: &'static [Argument],
}

impl Spec {
    /// Whether so many arguments, the name included, are right.
    pub(super) fn takes(&self, arguments: usize) -> bool {
        let least = self.arity.unsigned_abs() as usize;
        arguments == least || (self.arity < 0 && arguments > least)
    }

    /// The subcommand of this name.
    pub(super) fn subcommand(&self, name: &[u8]) -> Option<&'static Spec> {
        self.subcommands.iter().find(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The places of the keys in a call with so many arguments.
    pub(super) fn key_places(&self, arguments: usize) -> impl Iterator<Item = usize> {
        let (range, step) = match self.keys {
            None => (0..0, 1),
            Some(keys) => {
                let end = match usize::try_from(keys.last) {
                    Ok(last) => last + 1,
                    Err(_) => (arguments + 1).saturating_sub(keys.last.unsigned_abs() as usize),
                };
                (keys.first..end, keys.step)
            }
        };
        range.step_by(step)
    }
}
