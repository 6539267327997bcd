//! Records in words, for people.

use crate::agreed;
use crate::ids::NodeId;
use crate::merged;
use crate::wire::record::{Birth, Record};
use crate::wire::version_vector::VersionVector;

/// What a record says, in few words: one line, whatever clients wrote.
pub(super) fn in_words(record: &Record) -> String {
    let plain = |letter: char| match letter.is_control() {
        true => letter.escape_default().to_string(),
        false => letter.to_string(),
    };
    told(record).chars().map(plain).collect()
}

fn told(record: &Record) -> String {
    match record {
        Record::Birth(birth) => of_birth(birth),
        Record::Boot(life) => format!("boot {}, incarnation {:016x}", life.boot, life.incarnation),
        Record::Member(NodeId(id), known) => format!(
            "believes node {id}: directory {:016x}, boot {}, incarnation {:016x}",
            known.directory.0, known.life.boot, known.life.incarnation
        ),
        Record::Superseded => "superseded: it never takes part again".into(),
        Record::Diverged(at) => format!("another state than a majority's at digest {at}"),
        Record::Replaced => "the state that was discarded is replaced".into(),
        Record::HardState { term, vote, commit } => {
            let vote = vote.map_or("nobody".into(), |NodeId(id)| format!("node {id}"));
            format!("term {term}, vote for {vote}, committed up to {commit}")
        }
        Record::Agreed { index, term, data } => {
            format!("agreed {index}, term {term}: {}", agreed::entry_in_words(data))
        }
        Record::Merged(entry) => format!("merged {}", merged::in_words(entry)),
        Record::Fetch => "another member's state follows".into(),
        Record::AgreedSlot(slot) => format!("agreed keys, {} bytes", slot.len()),
        Record::AgreedVersions(bytes) => format!("agreed removals, {} bytes", bytes.len()),
        Record::AgreedKeyspaces(bytes) => {
            format!("keyspaces of the agreed state, {} bytes", bytes.len())
        }
        Record::AgreedOnce(ids) => format!("ids that have run once, {} bytes", ids.len()),
        Record::AgreedBase(base) => {
            format!("the agreed state stands at {}, term {}", base.index, base.term)
        }
        Record::MergedSlot(slot) => format!("merged keys, {} bytes", slot.len()),
        Record::MergedBase(base) => {
            format!("the merged state stands at {{{}}}", places(&base.vector))
        }
        Record::End(records) => format!("the end of a snapshot of {records} records"),
        Record::Mark(mark) => format!(
            "a snapshot was begun: agreed {}, merged {{{}}}",
            mark.agreed.index,
            places(&mark.merged.vector)
        ),
        Record::AgreedMembers(bytes) => format!("members, {} bytes", bytes.len()),
        Record::AgreedVersion(version) => format!("finalized at version {version}"),
        Record::Members(bytes) => format!("members that it goes by, {} bytes", bytes.len()),
        Record::Removed(at) => format!("no member any more since index {at}"),
        Record::Keyspaces(table) => format!("keyspaces that it goes by, {} bytes", table.len()),
    }
}

fn of_birth(Birth { directory, id, order, members, cluster, .. }: &Birth) -> String {
    let member = |(NodeId(id), address): &(NodeId, String)| match &address[..] {
        "" => id.to_string(),
        address => format!("{id}={address}"),
    };
    let members: Vec<String> = members.iter().map(member).collect();
    let formed = match cluster {
        Some(cluster) => format!("cluster {:016x}, epoch {}", cluster.id, cluster.epoch),
        None => "no cluster yet".into(),
    };
    format!(
        "birth: node {}, directory {:016x}, default {order}, members {}, {formed}",
        id.0,
        directory.0,
        members.join(",")
    )
}

fn places(vector: &VersionVector) -> String {
    let places = vector.iter().map(|(NodeId(id), at)| format!("{id}.{}: {}", at.boot, at.index));
    places.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::api::Order;
    use crate::ids::{DirectoryId, Index, Term};

    #[test]
    fn a_record_is_one_line_whatever_clients_wrote() {
        let none = Record::Agreed { index: Index(7), term: Term(2), data: Bytes::new() };
        assert_eq!(in_words(&none), "agreed 7, term 2: nothing of clients");
        let members = vec![(NodeId(1), String::new()), (NodeId(2), "a\n:1".into())];
        let birth = Birth {
            directory: DirectoryId(255),
            id: NodeId(1),
            order: Order::Agreed,
            members,
            cluster: None,
            founded: 2,
        };
        assert_eq!(
            in_words(&Record::Birth(birth)),
            "birth: node 1, directory 00000000000000ff, default agreed, members 1,2=a\\n:1, no cluster yet"
        );
    }
}
