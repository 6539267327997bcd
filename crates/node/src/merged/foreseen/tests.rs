//! What transactions are answered from what their own writes leave.

use super::*;
use crate::copies::Copies;
use crate::ids::{Boot, Index, KeyspaceId};
use crate::wire::version_vector::{Place, VersionVector};

#[test]
fn replies_share_a_great_value_that_is_not_applied() {
    let value = "x".repeat(10 << 10);
    let words: [&[&str]; 5] =
        [&["set", "k", &value], &["get", "k"], &["get", "k"], &["set", "k", "v"], &["get", "k"]];
    let commands = words.map(|words| Command::of_words(words).unwrap());
    let list = Command::list(&commands).unwrap();
    let list = Copies::default().encoded(KeyspaceId::DEFAULT, &list);

    let (log, state) = (Log::default(), State::new());
    let me = NodeId(1);
    let mut foreseen = Foreseen::of(me, [&list].into_iter(), &log, &state);
    let place = Place { boot: Boot(1), index: Index(1) };
    let after = VersionVector::default();
    let header = Header { origin: me, place, previous: Place::START, clock: 1, after };
    let reply = foreseen.transaction(&header, 0, &list, &state).reply;

    let Reply::Array(replies) = reply else { panic!("{reply:?}") };
    let [_, Reply::Value(one), Reply::Value(other), _, Reply::Value(last)] = &replies[..] else {
        panic!("{replies:?}")
    };
    assert_eq!((one.len(), last.as_ref()), (value.len(), &b"v"[..]));
    assert_eq!((one.as_ptr(), one), (other.as_ptr(), other), "they have one value");
}
