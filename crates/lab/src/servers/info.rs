//! What a server says about itself: the section `candor` of its answer to INFO.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::connection::Connection;

/// What the runner wants to know of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Info {
    /// Whether it serves.
    pub(crate) is_ready: bool,
    /// Whether it leads the agreed log.
    pub(crate) is_leader: bool,
    /// How many keyspaces it knows; none while one of them is under way.
    pub(crate) keyspaces: usize,
    /// In which term.
    pub(crate) term: u64,
    /// The fields that tell why a server is not ready, as it said them.
    pub(crate) state: String,
}

/// The fields that are shown of a server that is not ready.
const STATE: [&str; 8] = [
    "ready",
    "formed",
    "raft_role",
    "raft_leader",
    "raft_term",
    "waits_for",
    "keyspaces",
    "keyspace_under_way",
];

impl Info {
    /// Asks a server, all of it within this time.
    pub(crate) async fn ask(server: SocketAddr, within: Duration) -> Result<Info, String> {
        let asking = async {
            let mut connection =
                Connection::open(server).await.map_err(|error| error.to_string())?;
            let reply = connection
                .ask(&["INFO", "candor"], within)
                .await
                .map_err(|error| error.to_string())?;
            match reply.as_bytes() {
                Some(text) => Ok(Info::parse(&String::from_utf8_lossy(text))),
                None => Err(format!("it answered INFO with {reply}")),
            }
        };
        let late = |_| Err(format!("no answer within {} ms", within.as_millis()));
        tokio::time::timeout(within, asking).await.unwrap_or_else(late)
    }

    fn parse(text: &str) -> Info {
        let fields: HashMap<&str, &str> =
            text.lines().filter_map(|line| line.trim_end().split_once(':')).collect();
        let known = STATE.iter().filter_map(|name| Some(format!("{name}:{}", fields.get(name)?)));
        Info {
            is_ready: fields.get("ready") == Some(&"1"),
            is_leader: fields.get("raft_role") == Some(&"leader"),
            keyspaces: open_keyspaces(&fields),
            term: fields.get("raft_term").and_then(|term| term.parse().ok()).unwrap_or(0),
            state: known.collect::<Vec<_>>().join(" "),
        }
    }
}

fn open_keyspaces(fields: &HashMap<&str, &str>) -> usize {
    let is_settled = fields.get("keyspace_under_way").is_some_and(|name| name.is_empty());
    let count = fields.get("keyspaces").and_then(|count| count.parse().ok());
    count.filter(|_| is_settled).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::Info;

    #[test]
    fn the_section_is_read() {
        let text = "# Candor\r\nformed:1\r\nready:1\r\nraft_role:leader\r\nraft_term:7\r\nlog_syncs:3\r\n\
             keyspaces:3\r\nkeyspace_under_way:\r\n";
        let state = "ready:1 formed:1 raft_role:leader raft_term:7 keyspaces:3 keyspace_under_way:";
        let state = state.to_owned();
        let keyspaces = 3;
        assert_eq!(
            Info::parse(text),
            Info { is_ready: true, is_leader: true, keyspaces, term: 7, state }
        );
        let under_way = text.replace("way:", "way:cache");
        assert_eq!(Info::parse(&under_way).keyspaces, 0);
        assert_eq!(Info::parse("redis_version:7"), Info::default());
    }
}
