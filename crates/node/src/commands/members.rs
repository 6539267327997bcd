//! The command of the system keyspace about members: it begins a change. The steps of one are
//! entries of their own: see [`crate::cluster::roster`].
//!
//! | id | arguments |
//! |---|---|
//! | 264 change | what is wanted, the founders as whoever was asked knows them |

use super::arguments::{Args, Arguments};
use super::command::{Command, Data, Row};
use super::effect::{Answer, Effect, Writes};
use super::system::{self, FIRST_ID};
use super::unreadable::Unreadable;
use crate::api::MemberChange;
use crate::cluster::roster::{Roster, Wanted};
use crate::ids::NodeId;
use crate::wire::codec::{Malformed, Reader};

/// The one row.
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

/// The row with this id, if it is this one.
pub(super) fn row(id: u64) -> Option<&'static Row> {
    (id == u64::from(CHANGE.run.id)).then_some(&CHANGE)
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
