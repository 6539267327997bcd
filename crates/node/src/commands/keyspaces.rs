//! Commands of the system keyspace about keyspaces: the first and the second step in which a prefix
//! changes hands, and what reads promise. What they do is told in [`crate::keyspace::table`], and
//! what lies between the steps in [`crate::carving`].
//!
//! | id | arguments |
//! |---|---|
//! | 258 create | the definition |
//! | 259 alter | name, levels, which of them it says, those of `default` until then |
//! | 260 drop | name |
//! | 261 open | the index of the attempt |
//! | 262 give up | the index of the attempt, why |
//! | 263 begin | the definitions of those with which the cluster begins |

use super::arguments::{Args, Arguments};
use super::command::{Command, Data, Row};
use super::effect::{Answer, Effect, OfSession, Step, Writes};
use super::session;
use super::system::{self, FIRST_ID, number};
use super::unreadable::Unreadable;
use crate::api::Level;
use crate::ids::Index;
use crate::keyspace::definition::{Allowed, Definition, Levels, check_name};
use crate::keyspace::table::{Attempt, Table, check_keyspaces};
use crate::reply::{Error, Reply};
use crate::wire::codec::{Malformed, Reader};

/// What the rows have in common.
const ROW: Row = Row {
    complexity: "O(N) where N is the number of keyspaces.",
    run: Data { id: FIRST_ID + 2, ..system::ROW.run },
    ..system::ROW
};

static CREATE: Row = Row {
    name: "create",
    summary: "Begins to carve out a keyspace",
    run: Data {
        effect: Effect::Write(Writes {
            check: |args| Ok(definition(args).map(drop)?),
            run: |step, args| run(step, CREATE.run.id, args),
            ..Writes::NONE
        }),
        ..ROW.run
    },
    ..ROW
};

static ALTER: Row = Row {
    name: "alter",
    arity: 5,
    summary: "Says what reads of a keyspace promise",
    run: Data {
        id: FIRST_ID + 3,
        effect: Effect::Write(Writes {
            check: |args| Ok(Change::decode(args).map(drop)?),
            run: |step, args| run(step, ALTER.run.id, args),
            ..Writes::NONE
        }),
        ..ROW.run
    },
    ..ROW
};

static DROP: Row = Row {
    name: "drop",
    summary: "Begins to give the keys of a keyspace back",
    run: Data {
        id: FIRST_ID + 4,
        effect: Effect::Write(Writes {
            check: |args| Ok(name(args).map(drop)?),
            run: |step, args| run(step, DROP.run.id, args),
            ..Writes::NONE
        }),
        ..ROW.run
    },
    ..ROW
};

static OPEN: Row = Row {
    name: "open",
    summary: "Opens a keyspace, or takes it away",
    run: Data {
        id: FIRST_ID + 5,
        effect: Effect::Write(Writes {
            check: |args| Unreadable::unless(attempt(args).is_some()),
            run: |step, args| run(step, OPEN.run.id, args),
            ..Writes::NONE
        }),
        ..ROW.run
    },
    ..ROW
};

static GIVE_UP: Row = Row {
    name: "giveup",
    arity: 3,
    summary: "Gives up to open a keyspace, or to take it away",
    run: Data {
        id: FIRST_ID + 6,
        effect: Effect::Write(Writes {
            check: |args| {
                let is_short = args.iter().nth(1).is_some_and(|why| why.len() <= WHY_BYTES_MAX);
                Unreadable::unless(attempt(args).is_some() && is_short)
            },
            run: |step, args| run(step, GIVE_UP.run.id, args),
            ..Writes::NONE
        }),
        ..ROW.run
    },
    ..ROW
};

static BEGIN: Row = Row {
    name: "begin",
    arity: -2,
    summary: "Says with which keyspaces the cluster begins",
    run: Data {
        id: FIRST_ID + 7,
        effect: Effect::Write(Writes {
            check: |args| {
                let all = definitions(args)?;
                Unreadable::unless(check_keyspaces(&all).is_ok())
            },
            run: |step, args| run(step, BEGIN.run.id, args),
            ..Writes::NONE
        }),
        ..ROW.run
    },
    ..ROW
};

static ROWS: [&Row; 6] = [&CREATE, &ALTER, &DROP, &OPEN, &GIVE_UP, &BEGIN];

/// The longest reason, in bytes.
const WHY_BYTES_MAX: usize = 1024;

const CHECKED: &str = "a row checks its arguments";

/// What a write says of a prefix that changes hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Carving {
    /// It does from now on, if it may.
    Begins,
    /// It has.
    Opens(Index),
    /// It has not, and why.
    GivesUp(Index, String),
}

/// The row with this id, if it is one of these.
pub(super) fn row(id: u64) -> Option<&'static Row> {
    ROWS.into_iter().find(|row| id == u64::from(row.run.id))
}

/// What a command of the system with this id says of a prefix that changes hands.
pub(super) fn carving(id: u32, args: Args<'_>) -> Option<Carving> {
    if id == OPEN.run.id {
        return attempt(args).map(Carving::Opens);
    }
    if id == GIVE_UP.run.id {
        let why = String::from_utf8_lossy(args.iter().nth(1)?).into_owned();
        return attempt(args).map(|attempt| Carving::GivesUp(attempt, why));
    }
    (id == CREATE.run.id || id == DROP.run.id).then_some(Carving::Begins)
}

impl Command {
    /// Carves a keyspace out of the one that has its keys so far. It is a write, answered once the
    /// keyspace may be used or that is given up.
    ///
    /// # Errors
    /// If there can be no such keyspace.
    pub fn create_keyspace(definition: &Definition) -> Result<Command, Error> {
        definition.check()?;
        Ok(Command::new(&CREATE, Arguments::copied([definition.encode()])))
    }

    /// The keyspace that a command which [`Command::create_keyspace`] made wants. For invariants.
    pub fn keyspace_wanted(&self) -> Option<Definition> {
        let is_meant = self.row.run.id == CREATE.run.id;
        is_meant.then(|| Definition::decode(&mut Reader::new(self.args().get(0))).ok())?
    }

    /// Changes what reads of a keyspace promise: their level, or which weaker ones may be asked
    /// for, or both.
    ///
    /// # Errors
    /// If no keyspace is called so.
    pub fn alter_keyspace(
        name: &str,
        level: Option<Level>,
        allowed: Option<Allowed>,
        unset: Levels,
    ) -> Result<Command, Error> {
        check_name(name)?;
        let levels = Levels {
            level: level.unwrap_or(unset.level),
            allowed: allowed.unwrap_or(unset.allowed),
        };
        let encoded = |levels: Levels| {
            let mut out = vec![];
            levels.encode(&mut out);
            out
        };
        let both = [u8::from(level.is_some()), u8::from(allowed.is_some())];
        let arguments = [name.as_bytes().to_vec(), encoded(levels), both.into(), encoded(unset)];
        Ok(Command::new(&ALTER, Arguments::copied(arguments)))
    }

    /// Gives the keys of a keyspace, of which none may be there, back to the keyspace around it.
    /// It is answered as [`Command::create_keyspace`].
    ///
    /// # Errors
    /// If no keyspace is called so.
    pub fn drop_keyspace(name: &str) -> Result<Command, Error> {
        check_name(name)?;
        if name == "default" {
            return Err(Error::Invalid(
                "the keyspace default has all keys that no other has: it stays".into(),
            ));
        }
        Ok(Command::new(&DROP, Arguments::copied([name])))
    }

    /// Tells of all keyspaces, as this node goes by them.
    pub fn keyspaces() -> Command {
        session::of_keyspaces(Arguments::copied([&[][..]; 0]))
    }

    /// Tells of the keyspace of this name.
    pub fn keyspace(name: &str) -> Command {
        session::of_keyspaces(Arguments::copied([name]))
    }

    /// The name that a command which [`Command::keyspace`] or [`Command::levels`] made asks for.
    pub(crate) fn keyspace_asked(&self) -> Option<&str> {
        debug_assert!(matches!(self.of_session(), Some(OfSession::Keyspaces | OfSession::Levels)));
        str::from_utf8(self.args().iter().next()?).ok()
    }

    /// The cluster begins with these keyspaces, if nobody has said anything of keyspaces so far.
    pub(crate) fn begin_with_keyspaces(keyspaces: &[Definition]) -> Command {
        Command::new(&BEGIN, Arguments::copied(keyspaces.iter().map(Definition::encode)))
    }

    /// The attempt that began there has come to its end.
    pub(crate) fn open_keyspace(attempt: Index) -> Command {
        Command::new(&OPEN, Arguments::copied([attempt.0.to_string()]))
    }

    /// The attempt that began there is given up, and why.
    pub(crate) fn give_keyspace_up(attempt: Index, why: &str) -> Command {
        let mut end = why.len().min(WHY_BYTES_MAX);
        while !why.is_char_boundary(end) {
            end -= 1;
        }
        let index = attempt.0.to_string();
        Command::new(&GIVE_UP, Arguments::copied([index.as_bytes(), &why.as_bytes()[..end]]))
    }
}

fn definition(args: Args<'_>) -> Result<Definition, Malformed> {
    let [bytes] = args.first();
    definition_in(bytes)
}

fn definitions(args: Args<'_>) -> Result<Vec<Definition>, Malformed> {
    args.iter().map(definition_in).collect()
}

fn definition_in(bytes: &[u8]) -> Result<Definition, Malformed> {
    let mut reader = Reader::new(bytes);
    let definition = Definition::decode(&mut reader)?;
    reader.end()?;
    Ok(definition)
}

fn name(args: Args<'_>) -> Result<&str, Malformed> {
    let [name] = args.first();
    let name = str::from_utf8(name).map_err(|_| Malformed)?;
    if check_name(name).is_ok() { Ok(name) } else { Err(Malformed) }
}

fn attempt(args: Args<'_>) -> Option<Index> {
    number(args.iter().next()?).map(Index)
}

/// What these commands have in common: only the table knows what they mean.
fn run(step: &mut Step<'_>, id: u32, args: Args<'_>) -> Answer {
    Answer::blindly(step.values.change_keyspaces(id, args))
}

/// Changes the table of keyspaces as the command of this id says, which stands where an attempt
/// would begin.
pub(crate) fn change_table(table: &mut Table, begins: Attempt, id: u32, args: Args<'_>) -> Reply {
    let done = match id {
        _ if id == CREATE.run.id => table.reserve(definition(args).expect(CHECKED), begins),
        _ if id == DROP.run.id => table.begin_drop(name(args).expect(CHECKED), begins),
        _ if id == ALTER.run.id => {
            let change = Change::decode(args).expect(CHECKED);
            table.alter(change.name, |before| change.of(before), change.unset)
        }
        _ if id == BEGIN.run.id => {
            table.begin_with(definitions(args).expect(CHECKED), begins);
            Ok(())
        }
        _ => return end_attempt(table, begins, id, args),
    };
    done.map_or_else(Reply::Error, |()| Reply::Ok)
}

/// The same of the two that end an attempt: whether it stood.
fn end_attempt(table: &mut Table, at: Attempt, id: u32, args: Args<'_>) -> Reply {
    let attempt = attempt(args).expect(CHECKED);
    let opens = id == OPEN.run.id;
    let stood = if opens { table.open(attempt) } else { table.give_up(attempt) };
    table.go_on(at);
    Reply::Integer(i64::from(stood))
}

/// A change of what reads promise.
struct Change<'a> {
    name: &'a str,
    levels: Levels,
    /// Whether it says another level, and what may be asked for.
    says_level: bool,
    says_allowed: bool,
    /// What `default` has as long as nobody has said anything of it.
    unset: Levels,
}

impl<'a> Change<'a> {
    fn decode(args: Args<'a>) -> Result<Change<'a>, Malformed> {
        let [_, levels, both, unset] = args.first();
        let mut reader = Reader::new(both);
        let (says_level, says_allowed) = (reader.flag()?, reader.flag()?);
        reader.end()?;
        let (levels, unset) = (levels_in(levels)?, levels_in(unset)?);
        Ok(Change { name: name(args)?, levels, says_level, says_allowed, unset })
    }

    fn of(&self, before: Levels) -> Levels {
        Levels {
            level: if self.says_level { self.levels.level } else { before.level },
            allowed: if self.says_allowed { self.levels.allowed } else { before.allowed },
        }
    }
}

fn levels_in(bytes: &[u8]) -> Result<Levels, Malformed> {
    let mut reader = Reader::new(bytes);
    let levels = Levels::decode(&mut reader)?;
    reader.end()?;
    Ok(levels)
}
