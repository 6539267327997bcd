//! Survivors whose disks hold what is written here, record by record. (What nodes have written that
//! lived tell the stories `recover_*`.)

use bytes::Bytes;

use super::*;
use crate::backup::contents::Contents;
use crate::ids::{Life, LogPlace, SnapshotNumber};
use crate::wire::record::{LOG_VERSION, Record};

const CLUSTER: Cluster = Cluster { id: 77, epoch: 3 };

fn life(boot: u64) -> Life {
    Life { boot: Boot(boot), incarnation: boot + 100 }
}

/// The directory of a founder.
fn of(node: u64) -> DirectoryId {
    DirectoryId(node + 1000)
}

/// What a founder of three holds, who was started three times and led in this term: so many
/// entries, all but the last of which it knows to be committed.
fn records(node: u64, term: u64, entries: u64) -> Vec<Record> {
    let birth = Birth {
        directory: of(node),
        id: NodeId(node),
        order: Order::Agreed,
        members: [1, 2, 3].map(|id| (NodeId(id), format!("host{id}"))).into(),
        cluster: Some(CLUSTER),
        founded: LOG_VERSION,
    };
    let entry =
        |index| Record::Agreed { index: Index(index), term: Term(term), data: Bytes::new() };
    let commit = Index(entries.saturating_sub(1));
    let vote = Some(NodeId(node));
    [Record::Birth(birth)]
        .into_iter()
        .chain((1..=3).map(|boot| Record::Boot(life(boot))))
        .chain((1..=entries).map(entry))
        .chain([Record::HardState { term: Term(term), vote, commit }])
        .collect()
}

/// It believes that this member lives this life, in this directory.
fn believed(node: u64, directory: DirectoryId, boot: u64) -> Record {
    Record::Member(NodeId(node), Known { directory, life: life(boot) })
}

fn read(node: u64, records: &[Record]) -> Recovery {
    let mut recovery = Survivors::reading(NodeId(node));
    let mut group = vec![];
    records.iter().for_each(|record| record.encode(&mut group));
    recovery.replay(LogPlace(1), &group.into()).unwrap();
    recovery
}

/// Survivors, by their ids, who hold this; or which of them cannot count, and why.
fn survivors(all: &[(u64, Vec<Record>)]) -> Result<Survivors, (usize, StartError)> {
    let mut survivors = Survivors::default();
    for (place, (node, records)) in all.iter().enumerate() {
        survivors.add(read(*node, records)).map_err(|error| (place, error))?;
    }
    survivors.compare()?;
    Ok(survivors)
}

#[track_caller]
fn refused(all: &[(u64, Vec<Record>)], at: usize, why: &str) {
    let (place, error) = survivors(all).map(|_| ()).unwrap_err();
    assert_eq!(place, at, "{error}");
    assert!(error.0.contains(why) && error.0.contains("hint: "), "{error}");
}

#[test]
fn each_tells_what_it_holds_and_the_lost_are_told_of() {
    let none = Survivors::default();
    assert_eq!((none.cluster(), none.best(), none.keys()), (None, None, (0, 0)));
    assert!(!none.are_majority() && none.lost().is_empty() && none.merged().is_empty());

    let survivors = survivors(&[(2, records(2, 5, 9)), (3, records(3, 6, 4))]).unwrap();
    let [two, three] = survivors.told() else { panic!("two were named") };
    assert_eq!((two.node, two.directory, two.boot), (NodeId(2), of(2), Boot(3)));
    assert_eq!((two.last, two.commit), ((Index(9), Term(5)), Index(8)));
    assert_eq!((three.last, three.commit), ((Index(4), Term(6)), Index(3)));
    assert_eq!((three.snapshot, three.outlived), (Index(0), None));
    assert_eq!((survivors.cluster(), survivors.order()), (Some((77, 3)), Some(Order::Agreed)));
    assert_eq!(survivors.best(), Some(NodeId(3)), "its last term is later");
    let lost = Lost { node: NodeId(1), address: "host1".into(), merged: None };
    assert_eq!(survivors.lost(), [lost]);
    assert!(survivors.are_majority());
}

#[test]
fn one_of_three_is_no_majority() {
    let survivors = survivors(&[(2, records(2, 5, 9))]).unwrap();
    assert!(!survivors.are_majority());
    let lost: Vec<NodeId> = survivors.lost().iter().map(|lost| lost.node).collect();
    assert_eq!(lost, [NodeId(1), NodeId(3)]);
}

#[test]
fn who_must_not_go_on_is_refused() {
    let and = |record| [records(2, 5, 9), vec![record]].concat();
    let one = (1, records(1, 5, 9));
    let superseded = (2, and(Record::Superseded));
    refused(&[one.clone(), superseded], 1, "it is a copy: another start of its node was believed");
    let diverged = (2, and(Record::Diverged(Index(7))));
    refused(&[one.clone(), diverged], 1, "differed from that of a majority at digest 7");
    let removed = (2, and(Record::Removed(Index(8))));
    refused(&[one, removed], 1, "its node is a member no more: it was removed at index 8");
    let repaired = [and(Record::Diverged(Index(7))), vec![Record::Replaced]].concat();
    survivors(&[(2, repaired)]).unwrap();
}

#[test]
fn who_is_no_member_is_refused() {
    refused(&[(1, records(1, 5, 9)), (4, records(4, 5, 8))], 1, "node 4 is no member");
    let another = [records(1, 5, 9), vec![believed(2, DirectoryId(9), 3)]].concat();
    let why = "it is not the directory with which node 2 is a member";
    refused(&[(1, another.clone()), (2, records(2, 5, 9))], 1, why);
    refused(&[(2, records(2, 5, 9)), (1, another)], 0, why);
}

#[test]
fn a_directory_that_has_not_lived_what_another_survivor_saw_is_an_older_copy() {
    let seen = |boot| [records(1, 5, 9), vec![believed(2, of(2), boot)]].concat();
    let outlived = |boot| {
        let survivors = survivors(&[(1, seen(boot)), (2, records(2, 5, 9))]).unwrap();
        survivors.told()[1].outlived
    };
    assert_eq!((outlived(3), outlived(4)), (None, Some(Boot(4))));
    // Another incarnation of the same boot is another life, too.
    let other = Known { directory: of(2), life: Life { boot: Boot(3), incarnation: 9 } };
    let other = [records(1, 5, 9), vec![Record::Member(NodeId(2), other)]].concat();
    let survivors = survivors(&[(1, other), (2, records(2, 5, 9))]).unwrap();
    assert_eq!(survivors.told()[1].outlived, Some(Boot(3)));
}

#[test]
fn a_log_that_ends_before_what_is_committed_is_refused() {
    let mut short = records(2, 5, 9);
    short.remove(short.len() - 2);
    short.remove(short.len() - 2);
    let (place, error) = survivors(&[(2, short)]).map(|_| ()).unwrap_err();
    assert!(place == 0 && error.0.contains("what is committed at the end"), "{error}");
}

#[test]
fn what_is_made_goes_on_behind_all_that_any_of_them_names() {
    // The boots that the one knows are later, and so is the term of the other's log.
    let three = [records(3, 5, 2), vec![believed(1, of(1), 40)]].concat();
    let voted = Record::HardState { term: Term(8), vote: None, commit: Index(1) };
    let three = [three, vec![voted]].concat();
    for order in [[0, 1], [1, 0]] {
        let all = [(2, records(2, 6, 9)), (3, three.clone())];
        let survivors = survivors(&order.map(|place: usize| all[place].clone())).unwrap();
        assert_eq!(survivors.best(), Some(NodeId(2)));
        let founder = Founder {
            id: NodeId(5),
            address: "host5".into(),
            directory: DirectoryId(99),
            cluster: 1234,
            incarnation: 5,
        };
        let mut founded = survivors.found(founder).unwrap();
        assert_eq!(founded.cluster(), (1234, 4));
        let mut contents = Contents::default();
        let mut recovery = Survivors::reading(NodeId(5));
        while let Some(bytes) = founded.go_on().unwrap() {
            contents.load(&bytes).unwrap();
            recovery.load(&bytes).unwrap();
        }
        assert!(founded.go_on().unwrap().is_none(), "it ends once");
        contents.loaded().unwrap();
        let found = contents.found();
        assert_eq!((found.term, found.commit, found.boot), (Term(8), Index(9), Boot(41)));
        assert_eq!(found.members, [(NodeId(5), "host5".into())]);
        recovery.loaded(SnapshotNumber(1)).unwrap();
        assert_eq!(recovery.finish().unwrap().status().boot, Boot(42));
    }
}
