//! RESP, as the clients of Redis speak it.

use bytes::BytesMut;
use resp::Parser;

use super::language::{Language, Said};
use super::replies::Replies;
use crate::client::{Action, Connection};
use crate::hub::Hub;

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
    fn next(&mut self, bytes: &mut BytesMut, hub: &Hub, replies: &mut Replies) -> Said {
        let request = match self.parser.next(bytes) {
            Ok(Some(request)) => request,
            Ok(None) => return Said::Nothing,
            Err(error) => {
                replies.reply(|out| error.write(out));
                return Said::Close;
            }
        };
        hub.count_command();
        let connection = &mut self.connection;
        match replies.reply(|out| connection.execute(request, hub, out)) {
            Action::Replied => Said::Replied,
            Action::Ask { level, command } => {
                let bytes = request.iter().map(<[u8]>::len).sum();
                Said::Ask { level, command, form: connection.protocol().into(), bytes }
            }
            Action::Certify(on) => Said::Certify(on),
            Action::Close => Said::Close,
        }
    }
}
