//! The table: every row, by its name.

use bytes::Bytes;

use super::arguments::{Arguments, Request};
use super::command::{Command, Row};
use super::rows::rows;
use super::{keys, once, strings};
use crate::reply::Error;

/// All rows, the most frequent first.
pub fn table() -> impl Iterator<Item = &'static Row> {
    rows().chain([&once::ONCE])
}

/// The row of this name, whatever its case.
pub fn find(name: &[u8]) -> Option<&'static Row> {
    table().find(|row| row.name.as_bytes().eq_ignore_ascii_case(name))
}

impl Command {
    /// The command that these words say, its name first.
    ///
    /// # Errors
    /// As [`Row::parse`]; also where there is no such command, or its number of arguments is wrong.
    pub fn of_words<W: AsRef<[u8]>>(words: &[W]) -> Result<Command, Error> {
        let word = |word: &W| Bytes::copy_from_slice(word.as_ref());
        Command::of(&words.iter().map(word).collect::<Vec<Bytes>>())
    }

    /// The command that a request says.
    ///
    /// # Errors
    /// As [`Command::of_words`].
    pub fn of(request: &dyn Request) -> Result<Command, Error> {
        let row = find(request.get(0)).ok_or_else(|| Error::Invalid("unknown command".into()))?;
        if !row.takes(request.count()) {
            return Err(Error::Invalid("wrong number of arguments".into()));
        }
        row.parse(request)
    }

    /// `GET key`
    pub fn get(key: Bytes) -> Command {
        Command::new(&strings::GET, Arguments::One(key))
    }

    /// `SET key value`
    pub fn set(key: Bytes, value: Bytes) -> Command {
        Command::new(&strings::SET, Arguments::Two(key, value))
    }

    /// `EXISTS key [key …]`
    pub fn exists<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Command {
        Command::new(&keys::EXISTS, Arguments::copied(keys))
    }

    /// `DEL key [key …]`
    pub fn del<K: AsRef<[u8]>>(keys: impl IntoIterator<Item = K>) -> Command {
        Command::new(&keys::DEL, Arguments::copied(keys))
    }
}

#[cfg(test)]
mod tests {
    use super::super::set;
    use super::*;

    /// As `COMMAND INFO` of Redis 7.0.15 has the flag `denyoom`.
    #[test]
    fn what_grows_is_what_redis_refuses_without_memory() {
        let mut grows: Vec<_> = table().filter(|row| row.grows()).map(|row| row.name).collect();
        grows.sort_unstable();
        let expected = [
            "append",
            "decr",
            "decrby",
            "getset",
            "incr",
            "incrby",
            "incrbyfloat",
            "mset",
            "msetnx",
            "once",
            "psetex",
            "set",
            "setex",
            "setnx",
            "setrange",
        ];
        assert_eq!(grows, expected);
        assert!(set::WITH_OPTIONS.grows() && set::TIMED.grows());
    }
}
