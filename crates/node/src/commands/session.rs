//! Commands about a session: where it stands, what it waits for, what it was given, and which
//! keyspaces its node goes by. A server makes them of what its connections say; they never stand in
//! a log.

use super::arguments::{Arguments, Request};
use super::command::{Command, Data, Model, Row};
use super::effect::{Effect, OfSession};
use super::spec::Access;
use crate::api::Level;
use crate::ids::NodeId;
use crate::keyspace::definition::{Allowed, Levels};
use crate::reply::Error;
use crate::token::Token;
use crate::wire::codec::Reader;

/// What the rows have in common.
const ROW: Row = Row {
    name: "",
    arity: 1,
    access: Access::None,
    flags: &[],
    keys: None,
    categories: &[],
    tips: &[],
    group: "connection",
    since: "",
    summary: "",
    complexity: "O(1)",
    arguments: &[],
    subcommands: &[],
    run: Data {
        // It stands in no log.
        id: u32::MAX,
        model: Model::None,
        parse: |_, _: &dyn Request| Err(Error::Invalid("a session has no words".into())),
        effect: Effect::OfSession(OfSession::Token),
    },
};

static TOKEN: Row = Row { name: "token", summary: "Where the session stands", ..ROW };

static WAIT_FOR: Row = Row {
    name: "waitfor",
    arity: -2,
    summary: "Waits until this node stands where a token says",
    run: Data { id: u32::MAX - 1, effect: Effect::OfSession(OfSession::WaitFor), ..ROW.run },
    ..ROW
};

static KEYSPACES: Row = Row {
    name: "keyspaces",
    arity: -1,
    summary: "Which keyspaces there are",
    run: Data { id: u32::MAX - 3, effect: Effect::OfSession(OfSession::Keyspaces), ..ROW.run },
    ..ROW
};

/// Tells of all keyspaces, or of the one that is named.
pub(super) fn of_keyspaces(arguments: Arguments) -> Command {
    Command::new(&KEYSPACES, arguments)
}

static LEVELS: Row = Row {
    name: "levels",
    arity: 2,
    summary: "Which levels a keyspace gives",
    run: Data { id: u32::MAX - 4, effect: Effect::OfSession(OfSession::Levels), ..ROW.run },
    ..ROW
};

static LEVEL_OF: Row = Row {
    name: "levelof",
    arity: -3,
    summary: "At which level reads of a key are answered that name none",
    run: Data { id: u32::MAX - 5, effect: Effect::OfSession(OfSession::LevelOf), ..ROW.run },
    ..ROW
};

/// What [`Command::level_of`] asks.
pub(crate) struct LevelAsked<'a> {
    /// The key; `None`: of any that belongs to `default`.
    pub(crate) key: Option<&'a [u8]>,
    /// What the connection says of its reads; empty: nothing.
    pub(crate) said: &'a str,
    /// Which levels these are.
    pub(crate) levels: Vec<Level>,
}

static TRANSFER: Row = Row {
    name: "transfer",
    arity: 2,
    summary: "Has another member lead",
    run: Data { id: u32::MAX - 6, effect: Effect::OfSession(OfSession::Transfer), ..ROW.run },
    ..ROW
};

static LAST: Row = Row {
    name: "last",
    summary: "At which level the last read was answered",
    run: Data { id: u32::MAX - 2, effect: Effect::OfSession(OfSession::Last), ..ROW.run },
    ..ROW
};

impl Command {
    /// At which level the session's last read was answered, once all that it asked before is. The
    /// reply is that level, and how stale the answer was at most, in milliseconds; nil for what is
    /// not known.
    pub fn last() -> Command {
        Command::new(&LAST, Arguments::copied([&[][..]; 0]))
    }

    /// Has this member lead. The reply is a status once it does, or an error that says why it will
    /// not, or may not.
    pub fn transfer(to: NodeId) -> Command {
        Command::new(&TRANSFER, Arguments::copied([to.0.to_string()]))
    }

    /// Who is to lead, if it is a command that [`Command::transfer`] made.
    pub(crate) fn successor(&self) -> Option<NodeId> {
        if self.of_session() != Some(OfSession::Transfer) {
            return None;
        }
        let id = str::from_utf8(self.arguments.iter().next()?).ok()?;
        id.parse().ok().map(NodeId)
    }

    /// Where the session stands once all that it asked before is answered. The reply is a value:
    /// the text of a [`Token`].
    pub fn token() -> Command {
        Command::new(&TOKEN, Arguments::copied([&[][..]; 0]))
    }

    /// Waits until this node has applied what the token says, for so many milliseconds at most; the
    /// request timeout, if nothing is said. From then on the session does not go back behind it.
    pub fn wait_for(token: &Token, ms: Option<u64>) -> Command {
        let words = [Some(token.to_string()), ms.map(|ms| ms.to_string())];
        Command::new(&WAIT_FOR, Arguments::copied(words.into_iter().flatten()))
    }

    /// Tells which levels the keyspace of this name gives to reads that ask for them.
    pub fn levels(keyspace: &str) -> Command {
        Command::new(&LEVELS, Arguments::copied([keyspace]))
    }

    /// Tells at which level a read of this key is answered that names none, and who says so; of
    /// `default`, if there is no key. `said`: what the connection says of its reads, in words, and
    /// which levels these are; empty: nothing.
    pub fn level_of(key: Option<&[u8]>, said: &str, levels: &[Level]) -> Command {
        let mut encoded = vec![];
        for level in levels {
            Levels { level: *level, allowed: Allowed::default() }.encode(&mut encoded);
        }
        let words = [Some(said.as_bytes()), Some(&encoded), key];
        Command::new(&LEVEL_OF, Arguments::copied(words.into_iter().flatten()))
    }

    /// What a command asks that [`Command::level_of`] made.
    pub(crate) fn level_asked(&self) -> LevelAsked<'_> {
        debug_assert_eq!(self.of_session(), Some(OfSession::LevelOf));
        let mut words = self.arguments.iter();
        let said = words.next().and_then(|said| str::from_utf8(said).ok()).unwrap_or_default();
        let mut reader = Reader::new(words.next().unwrap_or_default());
        let levels = std::iter::from_fn(|| Levels::decode(&mut reader).ok());
        LevelAsked { said, levels: levels.map(|levels| levels.level).collect(), key: words.next() }
    }

    /// The token and the milliseconds, if it is a command that [`Command::wait_for`] made.
    pub(crate) fn awaited(&self) -> Option<(Token, Option<u64>)> {
        if self.of_session() != Some(OfSession::WaitFor) {
            return None;
        }
        let mut words = self.arguments.iter();
        let token = Token::parse(words.next()?)?;
        let ms = words.next().map(|ms| str::from_utf8(ms).ok()?.parse().ok());
        Some((token, ms.flatten()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_looks_like_a_token_is_waited_for_by_nobody() {
        let token = Token::default();
        assert_eq!(Command::wait_for(&token, Some(7)).awaited(), Some((token.clone(), Some(7))));
        assert_eq!(Command::token().awaited(), None);
        assert_eq!(Command::get(token.to_string().into()).awaited(), None);
    }

    #[test]
    fn a_key_that_looks_like_a_member_is_no_successor() {
        assert_eq!(Command::transfer(NodeId(7)).successor(), Some(NodeId(7)));
        assert_eq!(Command::get("7".into()).successor(), None);
    }
}
