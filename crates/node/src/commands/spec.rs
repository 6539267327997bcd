//! What a row of a table of commands says: the form that commands on data and commands on the
//! connection share.

/// A command, or a subcommand of one. `R` is what carries it out.
#[derive(Clone, Debug)]
pub struct Spec<R: 'static> {
    /// In lower case; a subcommand's without its parent's.
    pub name: &'static str,
    /// How many arguments it takes, its name (and its parent's) included; negative: at least so
    /// many.
    pub arity: i32,
    /// What it does to keys.
    pub access: Access,
    /// Redis' flags, beyond what `access` says.
    pub flags: &'static [&'static str],
    /// Which of its arguments are keys.
    pub keys: Option<KeyPlaces>,
    /// Redis' ACL categories.
    pub categories: &'static [&'static str],
    /// Redis' hints for clients that spread commands over servers.
    pub tips: &'static [&'static str],
    /// Redis' group of commands.
    pub group: &'static str,
    /// The version of Redis that brought it.
    pub since: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// What it costs.
    pub complexity: &'static str,
    /// Its arguments for people, where they are simple.
    pub arguments: &'static [Argument],
    /// Its subcommands.
    pub subcommands: &'static [Spec<R>],
    /// What carries it out.
    pub run: R,
}

/// What a command does to keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It has none.
    None,
    /// It reads them, at a level.
    Read,
    /// It reads what is applied here, of all keys: it names none, and has no level.
    ReadAll,
    /// It writes them.
    Write,
}

/// Which arguments are keys: from `first` to `last` (negative: from the end) in steps of `step`.
#[derive(Clone, Copy, Debug)]
pub struct KeyPlaces {
    /// The place of the first, the command's name being 0.
    pub first: usize,
    /// The place of the last; negative: from the end, -1 being the last argument.
    pub last: i64,
    /// How far it is from one to the next.
    pub step: usize,
    /// What Redis calls what happens to them.
    pub flags: &'static [&'static str],
}

/// An argument for people.
#[derive(Debug)]
pub struct Argument {
    /// What it is called.
    pub name: &'static str,
    /// Redis' type of it.
    pub kind: &'static str,
    /// `optional`, `multiple`.
    pub flags: &'static [&'static str],
    /// The word that stands for it, or before it.
    pub token: Option<&'static str>,
    /// Of one that is a choice or a block: what it consists of.
    pub choices: &'static [Argument],
}

impl Argument {
    /// What arguments have in common.
    pub const ANY: Argument =
        Argument { name: "", kind: "string", flags: &[], token: None, choices: &[] };
    /// A key.
    pub const KEY: Argument = Argument { name: "key", kind: "key", ..Argument::ANY };
}

impl<R> Spec<R> {
    /// Whether so many arguments, the name included, are right.
    pub fn takes(&self, arguments: usize) -> bool {
        let least = self.arity.unsigned_abs() as usize;
        arguments == least || (self.arity < 0 && arguments > least)
    }

    /// The subcommand of this name.
    pub fn subcommand(&self, name: &[u8]) -> Option<&'static Spec<R>> {
        self.subcommands.iter().find(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))
    }

    /// The places of the keys in a call with so many arguments, the name included.
    pub fn key_places(&self, arguments: usize) -> impl Iterator<Item = usize> {
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

    /// The same row of another table.
    pub fn carried_out_by<Q>(&self, run: Q) -> Spec<Q> {
        let Spec { name, arity, access, flags, keys, categories, tips, group, .. } = *self;
        let Spec { since, summary, complexity, arguments, .. } = *self;
        Spec {
            name,
            arity,
            access,
            flags,
            keys,
            categories,
            tips,
            group,
            since,
            summary,
            complexity,
            arguments,
            subcommands: &[],
            run,
        }
    }
}
