//! Certificates: what a store says about where its answers stand in its logs, and their JSON form.
//! The judge never trusts them; an order built from them is only a candidate that must prove
//! itself.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// A place in the one agreed log: an entry and a command inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The entry's index in the log.
    pub index: u64,
    /// The command's place inside the entry.
    pub offset: u64,
}

/// One life of one node, the owner of one merged log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Replica {
    /// The node's id.
    pub node: u64,
    /// The counter that the node raises at each start.
    pub boot: u64,
}

/// A write's own entry in a merged log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The log that holds the entry.
    pub replica: Replica,
    /// The entry's index in that log.
    pub index: u64,
    /// The write's place inside the entry.
    pub offset: u64,
    /// The hybrid logical clock of the write; of two writes of a key the greater stamp wins.
    pub stamp: u64,
}

/// Where an answer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// In the agreed log: a write's own entry, or the last place that a read's replica had applied.
    Agreed(Place),
    /// In the merged logs: the last index applied of each, in ascending order of node; one log per
    /// node.
    Merged(Vec<(Replica, u64)>),
}

/// Which entry wrote the value that a read or cas saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// No entry: the initial value.
    Nothing,
    /// An entry of the agreed log.
    Agreed(Place),
    /// An entry of a merged log.
    Merged(Entry),
}

/// What a store says of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Where the answer stands.
    pub position: Option<Position>,
    /// Who wrote what was read or compared.
    pub by: Option<Source>,
    /// A merged write's own entry.
    pub entry: Option<Entry>,
}

impl Certificate {
    /// As an operation holds it: nothing if it says nothing.
    pub(crate) fn boxed(self) -> Option<Box<Certificate>> {
        (self != Certificate::default()).then(|| Box::new(self))
    }

    /// About how many bytes it takes besides itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.position {
            Some(Position::Merged(vector)) => size_of_val(&vector[..]),
            _ => 0,
        }
    }
}

/// `node.boot`, as certificates write a replica.
fn replica(name: &str) -> Option<Replica> {
    let (node, boot) = name.split_once('.')?;
    Some(Replica { node: node.parse().ok()?, boot: boot.parse().ok()? })
}

impl<'de> Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
        struct PositionVisitor;
        impl<'de> Visitor<'de> for PositionVisitor {
            type Value = Position;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position: `[index, offset]` or `{\"node.boot\": index, …}`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Position, A::Error> {
                let (index, offset) =
                    Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))?;
                Ok(Position::Agreed(Place { index, offset }))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Position, A::Error> {
                let mut vector: Vec<(Replica, u64)> = Vec::new();
                while let Some(name) = map.next_key::<Cow<'_, str>>()? {
                    let replica = replica(&name)
                        .ok_or_else(|| A::Error::custom(format!("`{name}` is no `node.boot`")))?;
                    if vector.iter().any(|(other, _)| other.node == replica.node) {
                        let text = format!("node {} stands in the position twice", replica.node);
                        return Err(A::Error::custom(text));
                    }
                    vector.push((replica, map.next_value()?));
                }
                vector.sort_unstable();
                Ok(Position::Merged(vector))
            }
        }
        deserializer.deserialize_any(PositionVisitor)
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Source, D::Error> {
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = Source;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("null, `[index, offset]` or `[\"node.boot\", index, offset, stamp]`")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Source, A::Error> {
                let missing = || A::Error::custom("the entry has too few parts");
                let source = match seq.next_element()?.ok_or_else(missing)? {
                    First::Index(index) => {
                        let offset = seq.next_element()?.ok_or_else(missing)?;
                        Source::Agreed(Place { index, offset })
                    }
                    First::Log(replica) => {
                        let index = seq.next_element()?.ok_or_else(missing)?;
                        let offset = seq.next_element()?.ok_or_else(missing)?;
                        let stamp = seq.next_element()?.ok_or_else(missing)?;
                        Source::Merged(Entry { replica, index, offset, stamp })
                    }
                };
                if seq.next_element::<serde::de::IgnoredAny>()?.is_some() {
                    return Err(A::Error::custom("the entry has too many parts"));
                }
                Ok(source)
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}

/// The first part of an entry, which tells its kind.
enum First {
    Index(u64),
    Log(Replica),
}

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<First, D::Error> {
        struct FirstVisitor;
        impl Visitor<'_> for FirstVisitor {
            type Value = First;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an index or a `\"node.boot\"`")
            }
            fn visit_u64<E>(self, index: u64) -> Result<First, E> {
                Ok(First::Index(index))
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<First, E> {
                let replica = replica(name);
                replica
                    .map(First::Log)
                    .ok_or_else(|| E::custom(format!("`{name}` is no `node.boot`")))
            }
        }
        deserializer.deserialize_any(FirstVisitor)
    }
}
