//! RESP, as the clients of Redis speak it.

use bytes::BytesMut;
use resp::Parser;

use super::language::{Language, Said};
use super::replies::Replies;
use crate::commands::{Action, Connection};
use crate::event_loop::Shared;
use crate::mutants::mutant;

/// Takes the requests of one connection.
pub(super) struct Redis {
    parser: Parser,
    connection: Connection,
}

impl Redis {
    pub(super) fn new(connection: Connection) -> Redis {
        Redis { parser: Parser::default(), connection }
    }
}

impl Language for Redis {
    fn held_bytes(&self) -> usize {
        self.parser.held_bytes() + self.connection.held_bytes()
    }

    fn next(&mut self, bytes: &mut BytesMut, shared: &Shared, replies: &mut Replies) -> Said {
        let request = match self.parser.next(bytes) {
            Ok(Some(request)) => request,
            Ok(None) => return Said::Nothing,
            Err(error) => {
                replies.reply(|out| error.write(out));
                return Said::Close;
            }
        };
        shared.count_command();
        let connection = &mut self.connection;
        if mutant!(TakesAtItsEnd, shared.ending().is_some(), false) {
            replies.reply(|out| connection.refuse_at_end(out));
            return Said::Replied;
        }
        match replies.reply(|out| connection.execute(request, shared, out)) {
            Action::Replied => Said::Replied,
            Action::Ask { level: asked, command } => {
                let bytes = request.kept_bytes();
                let (level, form) = (mutant!(LevelLost, asked, None), connection.protocol().into());
                Said::Ask { level, command, form, bytes }
            }
            Action::Exec { list, once, answers } => {
                let (bytes, form) = (list.held_bytes(), answers.into());
                let command = list.into_command_once(once.as_ref());
                Said::Ask { level: None, command, form, bytes }
            }
            Action::Unwatch => Said::Unwatch,
            Action::Reset => Said::Reset,
            Action::Prefer(preference) => Said::Prefer(preference),
            Action::Certify(on) => Said::Certify(on),
            Action::TakeSnapshot => Said::TakeSnapshot,
            Action::Drain => Said::Drain,
            Action::ReadBackup { number, offset, bytes } => {
                Said::ReadBackup { number, offset, bytes, form: connection.protocol().into() }
            }
            Action::EndBackup => Said::EndBackup,
            Action::Close => Said::Close,
        }
    }
}

#[cfg(test)]
mod tests {
    use node::{Access, Level};

    use super::*;
    use crate::event_loop::shared::tests::shared;

    /// What comes of one line, and what is replied to it at once.
    fn say(line: &str) -> (Said, String) {
        let connection = Connection::new(1, String::new(), String::new(), 0);
        let (mut redis, mut replies) =
            (Redis::new(connection), Replies::new(&crate::Bounds::default()));
        let said = redis.next(&mut line.into(), &shared(), &mut replies);
        let reply = String::from_utf8(replies.unsent().to_vec()).unwrap();
        (said, reply)
    }

    /// A call of this command, its numbers being 0.
    fn call(row: &node::Row, suffix: &str) -> String {
        let needed = row.arguments.iter().filter(|argument| !argument.flags.contains(&"optional"));
        let words = needed.map(|one| if one.kind == "integer" { "0" } else { "key" });
        let words: Vec<_> = words.collect();
        format!("{}{suffix} {}\r\n", row.name, words.join(" "))
    }

    #[test]
    fn a_snapshot_is_asked_for() {
        let (said, reply) = say("BGSAVE\r\n");
        assert!(matches!(said, Said::TakeSnapshot), "{said:?}");
        assert_eq!(reply, "+Background saving started\r\n");
    }

    #[test]
    fn every_read_hands_its_level_to_the_node() {
        let mut reads = 0;
        for row in node::table() {
            match (row.access, say(&call(row, "@eventual"))) {
                (Access::Read, (Said::Ask { level, .. }, _)) => {
                    assert_eq!(level, Some(Level::Eventual), "{}", row.name);
                    reads += 1;
                }
                (Access::Read, (_, reply)) => panic!("{}: {reply}", row.name),
                (_, (_, reply)) => assert!(reply.starts_with("-CONSISTENCY"), "{}", row.name),
            }
        }
        assert!(reads >= 8, "{reads}");
        assert!(matches!(say("GET key\r\n").0, Said::Ask { level: None, .. }));
    }
}
