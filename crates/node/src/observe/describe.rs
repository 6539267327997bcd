//! Messages in words, for people who watch nodes speak.

use bytes::Bytes;

use crate::agreed;
use crate::ids::NodeId;
use crate::merged;
use crate::wire::message::{Body, Hello, Message};
use crate::wire::version_vector::{Place, VersionVector};

/// So many entries of a message are told.
const ENTRIES_TOLD_MAX: usize = 3;

/// What a message between nodes says, in few words: for diagrams and logs, and of no form that
/// anything may rely on.
pub fn in_words(message: &Bytes) -> String {
    let Ok(Message { body, .. }) = Message::decode(message) else {
        return "unreadable".into();
    };
    match body {
        Body::Hello(hello) => in_words_of(&hello),
        Body::Probe(_) => "are you still there?".into(),
        Body::Alive(_) => "I am still there".into(),
        Body::Copied(life) => format!("your start {} is a copy of one that runs", life.boot),
        Body::Raft(bytes) => agreed::in_words(&bytes),
        Body::Forward { first, count, .. } => {
            format!(
                "forward: writes {first} to {}",
                first.0.saturating_add(count).saturating_sub(1)
            )
        }
        Body::Entries { entries, more } => {
            let told: Vec<String> = entries
                .iter()
                .take(ENTRIES_TOLD_MAX)
                .map(|entry| merged::in_words(entry))
                .collect();
            let rest = entries.len().saturating_sub(told.len());
            let rest = if rest > 0 { format!(" … and {rest} more") } else { String::new() };
            let more = if more { ", ask again" } else { "" };
            format!("entries {}{rest}{more}", told.join("; "))
        }
        Body::VersionVector { vector, want, .. } => {
            let asks = if want { ", what lies beyond?" } else { "" };
            format!("vector {{{}}}{asks}", places(&vector))
        }
        Body::Lost(place) => format!("you lost entries: I hold {}: {}", place.boot, place.index),
        Body::AskClock { .. } => "what does your clock say?".into(),
        Body::TellClock(reading) => format!("my clock says {}", reading.wall_ms),
        Body::OfferSnapshot(number) => format!("you lack what my snapshot {number} holds"),
        Body::AskSnapshot { number, offset, .. } => {
            format!("your snapshot {number}, from {offset} on?")
        }
        Body::Snapshot { number, offset, bytes } if bytes.is_empty() => {
            format!("nothing of snapshot {number} at {offset}")
        }
        Body::Snapshot { number, offset, bytes } => {
            format!("{} bytes of snapshot {number} at {offset}", bytes.len())
        }
        Body::Fetched => "I have fetched your snapshot".into(),
        Body::Digest(summary) => format!("my digest {} is done", summary.index),
        Body::AskSlots { index, .. } => format!("what are your slots at digest {index}?"),
        Body::Slots { index, .. } => format!("my slots at digest {index}"),
        Body::AskState { agreed: Some((index, _)), .. } => {
            format!("I have lost the state: have you it up to {index}?")
        }
        Body::AskState { agreed: None, .. } => "I have lost the merged state: have you it?".into(),
        Body::OfferState { number, index, .. } => {
            format!("my snapshot {number} has the state up to {index}")
        }
        Body::AskOffer(index) => format!("I am behind: have you a snapshot at {index} or later?"),
        Body::Join { address } => format!("I am to join, and receive my peers at {address}"),
        Body::Welcome { .. } => "you are a member".into(),
        Body::Members(_) => "these are the members".into(),
        Body::Removed { index, .. } => format!("you are no member since index {index}"),
        Body::Speaks(version) => format!("I understand version {version}"),
        Body::Holds { change, places: held } => {
            format!("change {change}: I hold {{{}}}", places(&held))
        }
        Body::Fenced { attempt, end } => format!(
            "attempt {attempt}: I take no more commands, and my log ends at {}: {}",
            end.boot, end.index
        ),
        Body::Ends { attempt, ends } => {
            format!("attempt {attempt}: all logs end at {{{}}}", places(&ends))
        }
        Body::HandOver(to) => format!("node {} is to lead", to.0),
        Body::Stays(to, why) => format!("I lead on: node {} {}", to.0, why.in_words()),
        Body::Looked { attempt, found: None } => format!("attempt {attempt}: no key is there"),
        Body::Looked { attempt, found: Some(key) } => {
            format!("attempt {attempt}: {} is there", key.escape_ascii())
        }
        Body::Fetches => "I am fetching a snapshot from another member".into(),
    }
}

fn places(vector: &VersionVector) -> String {
    let place =
        |(NodeId(node), place): (NodeId, Place)| format!("{node}.{}: {}", place.boot, place.index);
    vector.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn in_words_of(hello: &Hello) -> String {
    let knows = match hello.knows {
        Some(known) => format!(", I know your start {}", known.life.boot),
        None => ", I do not know you".into(),
    };
    let lived = hello.lived.map_or(String::new(), |life| format!(", and was start {}", life.boot));
    format!("hello{knows}{lived}{}", if hello.asks { "?" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Boot, DirectoryId, Index, Life, NodeId, Sequence};
    use crate::wire::record::Known;
    use crate::wire::version_vector::{Place, VersionVector};

    fn words(body: Body) -> String {
        let sender =
            Known { directory: DirectoryId(1), life: Life { boot: Boot(1), incarnation: 1 } };
        in_words(&Message { from: NodeId(1), sender, body }.encode())
    }

    #[test]
    fn every_kind_of_message_has_words() {
        let place = Place { boot: Boot(2), index: Index(900) };
        let vector = VersionVector::from_iter([(NodeId(3), place)]);
        let forward = Body::Forward { first: Sequence(7), count: 2, commands: Bytes::new() };
        assert_eq!(words(forward), "forward: writes 7 to 8");
        assert_eq!(
            words(Body::VersionVector { vector, want: true, members: Index(0) }),
            "vector {3.2: 900}, what lies beyond?"
        );
        assert_eq!(words(Body::Lost(place)), "you lost entries: I hold 2: 900");
        let broken = Body::Entries { entries: vec![Bytes::from_static(b"?")], more: false };
        assert_eq!(words(broken), "entries (unreadable)");
        assert_eq!(words(Body::Raft(Bytes::from_static(&[0xff]))), "raft: unreadable");
        assert_eq!(in_words(&Bytes::from_static(b"\x09")), "unreadable");
    }
}
