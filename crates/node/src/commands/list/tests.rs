//! What may stand in a list, and in which form.

use super::*;
use crate::commands::{decode as decode_write, encode};
use crate::ids::{Index, KeyspaceId};
use crate::position::Version;
use crate::wire::codec::put_bytes;

fn commands(all: &[&str]) -> Vec<Command> {
    let of = |words: &&str| Command::of_words(&words.split(' ').collect::<Vec<_>>()).unwrap();
    all.iter().map(of).collect()
}

/// A list whose commands are these bytes.
fn read(items: &[&[u8]]) -> Result<(), Unreadable> {
    let mut bytes = vec![];
    put_uint(&mut bytes, u64::from(KeyspaceId::DEFAULT.0));
    put_uint(&mut bytes, u64::from(LIST.run.id));
    put_uint(&mut bytes, items.len() as u64);
    items.iter().for_each(|one| put_bytes(&mut bytes, one));
    decode_write(&mut Reader::new(&bytes)).map(drop)
}

#[test]
fn a_list_comes_back_with_its_keys() {
    let all = commands(&["SET a 1", "MGET a b", "MSET c 1 d 2", "FLUSHALL", "EXISTS a"]);
    let list = Command::list(&all).unwrap();
    assert_eq!(list.listed(), all);
    let keys: Vec<&[u8]> = list.keys().collect();
    assert_eq!(keys, [&b"a"[..], b"a", b"b", b"c", b"d", b"a"]);
    assert_eq!(list.key_count(), 6);
    let mut bytes = vec![];
    encode(KeyspaceId::DEFAULT, &list, &mut bytes);
    let write = decode_write(&mut Reader::new(&bytes)).unwrap();
    assert_eq!((write.keys(), write.is_mergeable(), write.to_command()), (6, false, list));
}

#[test]
fn what_cannot_stand_in_a_list_is_refused() {
    let list = Command::list(&commands(&["SET a 1"])).unwrap();
    for other in commands(&[
        "KEYS *",
        "RANDOMKEY",
        "DBSIZE",
        "SCAN 0",
        "BITCOUNT a",
        "GETBIT a 0",
        "LCS a b",
    ])
    .into_iter()
    .chain([list])
    {
        assert!(Command::list(std::slice::from_ref(&other)).is_err(), "{other:?}");
    }
    let get = commands(&["GET a"]).remove(0);
    assert!(Command::list(&vec![get.clone(); COMMANDS_MAX]).is_ok());
    assert!(Command::list(&vec![get; COMMANDS_MAX + 1]).is_err());
}

#[test]
fn conditions_stand_before_the_commands() {
    let at = AgreedPosition { index: Index(300), offset: 7 };
    let seen = |is_alive| Version { at, is_alive };
    let conditions = [(&b"k"[..], true), (b"", false)]
        .map(|(key, is_alive)| Condition { key, seen: seen(is_alive) });
    let list = Command::list(&commands(&["SET a 1", "GET k"])).unwrap();
    let conditioned = list.conditioned(conditions.into_iter());
    assert_eq!((conditioned.key_count(), conditioned.listed()), (4, list.listed()));
    let mut bytes = vec![];
    encode(KeyspaceId::DEFAULT, &conditioned, &mut bytes);
    let write = decode_write(&mut Reader::new(&bytes)).unwrap();
    assert_eq!((write.places(), write.keys(), write.parts().len()), (2, 4, 2));
    assert_eq!(write.to_command(), conditioned);
    let Arguments::Many(_) = &conditioned.arguments else { panic!("a list is one piece") };
    let [first, second, third, _] = conditioned.arguments()[..] else { panic!("it has four") };
    assert_eq!(read(&[first, second, third]), Ok(()));
    assert_eq!(read(&[first, third, second]), Err(Unreadable::Malformed));
    for end in 1..first.len() {
        assert_eq!(read(&[&first[..end]]), Err(Unreadable::Malformed), "cut at {end}");
    }
    assert_eq!(read(&[&[first, &[0]].concat()]), Err(Unreadable::Malformed));
    assert_eq!(read(&[]), Ok(()), "EXEC of nothing");
}

#[test]
fn a_list_has_room_for_so_much() {
    let great = Command::set(Bytes::from("k"), Bytes::from(vec![7; 15 << 20]));
    let mut list = List::default();
    assert_eq!((list.push(&great), list.push(&great), list.len()), (Ok(()), Ok(()), 2));
    assert!(list.push(&great).unwrap_err().to_string().starts_with("ERR the transaction is too"));
    assert_eq!((list.len(), list.held_bytes() >> 20), (2, 30), "it is as it was");
    let many = Command::del(vec!["k"; COMMANDS_MAX]);
    assert_eq!(List::default().push(&many), Ok(()));
    assert!(list.push(&many).is_err(), "so many keys, and two more");
    assert_eq!(list.into_command().check_size(), Ok(()));
}

#[test]
fn what_is_no_list_is_malformed_and_what_another_version_knows_is_unknown() {
    let set = &[1, 2, 1, b'k', 1, b'v'][..];
    assert_eq!(read(&[set]), Ok(()));
    let malformed = [&set[..5], &[1, 1, 1, b'k'], &[], &[44, 1, 1, 1], &[0xff]];
    for bytes in malformed {
        assert_eq!(read(&[set, bytes]), Err(Unreadable::Malformed), "{bytes:?}");
    }
    let range = |start: u8| [35, 3, 1, b'k', 1, start, 1, b'1'];
    assert_eq!(read(&[&range(b'0')]), Ok(()));
    assert_eq!(read(&[&range(b'x')]), Err(Unreadable::Malformed), "GETRANGE k x 1");
    let unknown = Unreadable::Unknown { what: "command", number: 100 };
    assert_eq!(read(&[set, &[100, 0]]), Err(unknown));
}
