//! Words for people: positions in logs, writes, values, answers and clocks. Nobody should have to
//! read the fields of a structure.

use bytes::Bytes;
use node::{
    AgreedPosition, Boot, Event, Index, MemberClock, MergedPosition, MergedWrite, NodeId, Order,
    Reply, Status,
};

use crate::record::operation::Outcome;

/// A value that was seen, or nothing.
pub(crate) fn value(value: Option<impl AsRef<[u8]>>) -> String {
    value.map_or("nothing".into(), |value| format!("{:?}", String::from_utf8_lossy(value.as_ref())))
}

/// What was seen, as far as the answer tells.
pub(crate) fn seen(seen: Option<Option<&Bytes>>) -> String {
    seen.map_or("what it does not tell".into(), value)
}

/// A place in the agreed log.
pub(crate) fn agreed(place: AgreedPosition) -> String {
    match place.offset {
        0 => format!("entry {}", place.index),
        offset => format!("write {offset} of entry {}", place.index),
    }
}

/// A place in the agreed log, or none.
pub(crate) fn agreed_or_none(place: Option<AgreedPosition>) -> String {
    place.map_or("no entry".into(), agreed)
}

/// An entry of a merged log.
pub(crate) fn merged(MergedPosition { replica, boot, index }: MergedPosition) -> String {
    format!("entry {index} of boot {boot} of node {}", replica.0)
}

/// A write in a merged log, with the stamp by which writes are ranked.
pub(crate) fn write(MergedWrite { entry, offset, clock }: MergedWrite) -> String {
    let part = if offset == 0 { String::new() } else { format!("write {offset} of ") };
    format!("{part}{}, stamped {clock}", merged(entry))
}

/// A write in a merged log, or none.
pub(crate) fn write_or_none(write: Option<MergedWrite>) -> String {
    write.map_or("no entry".into(), self::write)
}

/// A reply as people read it.
pub(crate) fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Ok => "OK".into(),
        Reply::Nil => "nil".into(),
        Reply::Value(value) => String::from_utf8_lossy(value).into_owned(),
        Reply::Integer(count) => count.to_string(),
        Reply::Status(word) => (*word).into(),
        Reply::Array(all) => all.iter().map(self::reply).collect::<Vec<_>>().join(", "),
        Reply::Map(pairs) => {
            let pairs = pairs.iter().map(|(name, one)| format!("{name} {}", self::reply(one)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        Reply::Error(error) => format!("-{error}"),
    }
}

/// What became of an operation.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Open => "still open".into(),
        Outcome::Done(reply) => self::reply(reply),
        Outcome::Refused(error) => format!("refused: {error}"),
        Outcome::Unknown => "unknown".into(),
    }
}

/// How much of each replica's merged log a node has applied.
pub(crate) fn vector(vector: &[(NodeId, Boot, Index)]) -> String {
    let place = |&(replica, boot, index): &_| merged(MergedPosition { replica, boot, index });
    list(vector.iter().map(place), "nothing")
}

/// Where a node stands in the logs of its keyspace, and how much it holds.
pub(crate) fn standing(status: &Status) -> String {
    let Status { id: NodeId(node), applied, keys, term, .. } = status;
    match status.order {
        Order::Agreed => {
            let leader = status.leader.map_or("no leader".into(), |id| format!("leader {}", id.0));
            format!("node {node} has applied entry {applied} (keys: {keys}; term {term}, {leader})")
        }
        Order::Merged => {
            format!("node {node} has applied {} (keys: {keys})", vector(&status.vector))
        }
    }
}

/// How far clocks are ahead of the one that measured them.
pub(crate) fn clocks(clocks: &[MemberClock]) -> String {
    list(clocks.iter().map(clock), "no clock is measured")
}

/// How far a clock is ahead of the one that measured it.
pub(crate) fn clock(clock: &MemberClock) -> String {
    let MemberClock { id: NodeId(node), at_least_ms, at_most_ms } = clock;
    format!("the clock of node {node} is {at_least_ms} to {at_most_ms} ms ahead")
}

/// What a node notes.
pub(crate) fn event(event: &Event) -> String {
    match event {
        Event::Formed => "all members have met".into(),
        Event::Joined => "is a member of the cluster that it is to join".into(),
        Event::Members(all) => format!("goes by the members {all}"),
        Event::Leader { term, leader: Some(leader) } => {
            format!("node {} leads in term {term}", leader.0)
        }
        Event::Leader { term, leader: None } => format!("no leader is known in term {term}"),
        Event::Refused(what) => what.clone(),
        Event::Unheard => "no member has answered since its start; it serves all the same".into(),
        Event::Clock { agrees, others } => {
            let word = if *agrees { "near" } else { "far from" };
            format!("its clock is {word} those of most members: {}", clocks(others))
        }
        Event::Disk(Some(shortage)) => shortage.why.clone(),
        Event::Disk(None) => "the disk has room again".into(),
        Event::SnapshotBegun(number) => format!("begins snapshot {number}"),
        Event::SnapshotPlaced(number, bytes) => {
            format!("snapshot {number} of {bytes} bytes is in place")
        }
        Event::SnapshotGivenUp(number, why) => format!("gives snapshot {number} up: {why}"),
        Event::Fetches(from) => format!("fetches the state of node {}", from.0),
        Event::Fetched(from, Some(index)) => {
            format!("has the state of node {}, up to entry {index}", from.0)
        }
        Event::Fetched(from, None) => format!("has merged the state of node {}", from.0),
        Event::OtherMaxMemory { own, agreed } => {
            format!("was started with maxmemory {own}, and the cluster has {agreed}")
        }
        Event::OtherLimit { name, own, agreed } => {
            format!("was started with {name} {own}, and the cluster has {agreed}")
        }
        Event::OtherKeyspace { name, differs } => {
            format!("was started with the keyspace {name}, and {differs}")
        }
        Event::KeyspaceGivenUp(why) => why.clone(),
        Event::DigestDiffers { index, order, member } => {
            let order = match order {
                Order::Agreed => "agreed",
                Order::Merged => "merged",
            };
            format!("node {} has another {order} state at digest {index}", member.0)
        }
        Event::StateIsBack => "has the state again that it had lost".into(),
        Event::LostForGood(node, boot, index) => {
            format!("lacks entries of node {} up to {boot}:{index}, which nobody has", node.0)
        }
        Event::HandsOver(to) => format!("node {} is asked to lead instead of it", to.0),
    }
}

/// Things in a row, or what is said of none.
fn list(things: impl Iterator<Item = String>, none: &str) -> String {
    let things: Vec<String> = things.collect();
    if things.is_empty() { none.into() } else { things.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::example::status;

    #[test]
    fn where_a_node_stands_is_told_without_fields() {
        let mut status = status(2);
        assert_eq!(standing(&status), "node 2 has applied entry 0 (keys: 0; term 1, no leader)");
        (status.order, status.keys) = (Order::Merged, 1);
        assert_eq!(standing(&status), "node 2 has applied nothing (keys: 1)");
        status.vector = vec![(NodeId(1), Boot(2), Index(7))];
        let expected = "node 2 has applied entry 7 of boot 2 of node 1 (keys: 1)";
        assert_eq!(standing(&status), expected);
    }

    #[test]
    fn clocks_are_told_one_by_one() {
        let clock = |node, at_least_ms, at_most_ms| MemberClock {
            id: NodeId(node),
            at_least_ms,
            at_most_ms,
        };
        assert_eq!(clocks(&[]), "no clock is measured");
        assert_eq!(
            clocks(&[clock(1, -3, 4), clock(3, 90, 95)]),
            "the clock of node 1 is -3 to 4 ms ahead, the clock of node 3 is 90 to 95 ms ahead"
        );
    }
}
