//! The commands of the system keyspace about members: one begins a change, whose steps are entries
//! of their own (see [`crate::cluster::roster`]); one says that all run this version.
//!
//! | id | arguments |
//! |---|---|
//! | 264 change | what is wanted, the founders as whoever was asked knows them |
//! | 265 finalize | the version |

use super::arguments::{Args, Arguments};
use super::command::{Command, Data, Row};
use super::effect::{Answer, Effect, Writes};
use super::system::{self, FIRST_ID, number};
use super::unreadable::Unreadable;
use crate::api::MemberChange;
use crate::cluster::roster::{Roster, Wanted};
use crate::ids::NodeId;
use crate::reply::Reply;
use crate::wire::codec::{Malformed, Reader};
use crate::wire::record::LOG_VERSION;

static CHANGE: Row = Row {
    name: "change-members",
    arity: 3,
    summary: "Begins a change of members",
    complexity: "O(N) where N is the number of members.",
    run: Data {
        id: FIRST_ID + 8,
        effect: Effect::Write(Writes {
            check: |args| {
                read(args)?;
                Ok(())
            },
            run: |step, args| {
                let (wanted, founders) = read(args).expect("a row checks its arguments");
                Answer::blindly(step.values.change_members(&founders, wanted))
            },
            ..Writes::NONE
        }),
        ..system::ROW.run
    },
    ..system::ROW
};

static FINALIZE: Row = Row {
    name: "finalize",
    arity: 2,
    summary: "All members understand this version from now on",
    run: Data {
        id: FIRST_ID + 9,
        effect: Effect::Write(Writes {
            check: |args| {
                let [version] = args.first();
                Unreadable::unless(number(version).is_some())
            },
            run: |step, args| {
                let [version] = args.first();
                step.values.finalize(number(version).expect("a row checks its arguments"));
                Answer::blindly(Reply::Ok)
            },
            ..Writes::NONE
        }),
        ..system::ROW.run
    },
    ..system::ROW
};

/// The row with this id, if it is one of these.
pub(super) fn row(id: u64) -> Option<&'static Row> {
    [&CHANGE, &FINALIZE].into_iter().find(|row| id == u64::from(row.run.id))
}

/// Whether a command of the system with this id begins a change of members.
pub(super) fn begins_change(id: u32) -> bool {
    id == CHANGE.run.id
}

impl Command {
    /// Changes the members of the cluster. It is a write, answered once the change is over. The
    /// node that is asked adds what it knows of the founders.
    pub fn change_members(change: &MemberChange) -> Command {
        Command::members_from(&wanted(change), &Roster::default())
    }

    /// From now on the cluster may use what this version of Candor brings, and no node goes back to
    /// the one before. It is a write; refused while a member runs an earlier version.
    pub fn finalize() -> Command {
        Command::new(&FINALIZE, Arguments::copied([LOG_VERSION.to_string()]))
    }

    /// Whether it says that.
    pub(crate) fn is_finalize(&self) -> bool {
        self.row.run.id == FINALIZE.run.id
    }

    /// The same, with the founders.
    pub(crate) fn with_founders(&self, founders: &Roster) -> Command {
        let (wanted, _) = read_of(self).expect("it was made here");
        Command::members_from(&wanted, founders)
    }

    fn members_from(wanted: &Wanted, founders: &Roster) -> Command {
        let mut bytes = vec![];
        wanted.encode(&mut bytes);
        Command::new(&CHANGE, Arguments::copied([bytes, founders.encode()]))
    }

    /// Whether it changes members, or was made to.
    pub(crate) fn changes_members(&self) -> bool {
        begins_change(self.row.run.id)
    }

    /// What it wants changed, if it changes members.
    pub(crate) fn members_wanted(&self) -> Option<Wanted> {
        begins_change(self.row.run.id).then(|| read_of(self).ok())?.map(|(wanted, _)| wanted)
    }
}

fn wanted(change: &MemberChange) -> Wanted {
    match change {
        MemberChange::Add { id, address } => {
            Wanted { add: Some((*id, address.clone())), ..Wanted::default() }
        }
        MemberChange::Remove { ids, lose } => {
            Wanted { remove: distinct(ids), lose: *lose, ..Wanted::default() }
        }
        MemberChange::Replace { old, new, address } => Wanted {
            add: Some((*new, address.clone())),
            remove: vec![*old],
            lose: true,
            ..Wanted::default()
        },
        MemberChange::Move { id, address } => {
            Wanted { moved: Some((*id, address.clone())), ..Wanted::default() }
        }
    }
}

fn distinct(ids: &[NodeId]) -> Vec<NodeId> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn read(args: Args<'_>) -> Result<(Wanted, Roster), Unreadable> {
    let [wanted, founders] = args.first();
    Ok(read_both(wanted, founders)?)
}

fn read_of(command: &Command) -> Result<(Wanted, Roster), Malformed> {
    read_both(command.args().get(0), command.args().get(1))
}

fn read_both(wanted: &[u8], founders: &[u8]) -> Result<(Wanted, Roster), Malformed> {
    let mut reader = Reader::new(wanted);
    let wanted = Wanted::decode(&mut reader)?;
    reader.end()?;
    Ok((wanted, Roster::decode(founders)?))
}
