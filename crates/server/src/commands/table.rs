//! The table of all commands.

use std::sync::LazyLock;

use node::{Access, Argument};

use super::spec::{Run, Spec};
use super::{
    backup, catalogue, cluster_admin, configuration, consistency, debug, hello, identity, info,
    keyspaces, once, saving, setting, transaction,
};

/// The command of this name, whatever its case.
///
/// A search from the top beats anything cleverer while the table is short and begins with the
/// commands that are asked for a million times a second: nearly all rows are passed by the length
/// alone.
#[inline]
pub(super) fn find(name: &[u8]) -> Option<&'static Spec> {
    TABLE.iter().find(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))
}

/// What rows have in common that have nothing to do with keys.
const CONNECTION: Spec = Spec {
    name: "",
    arity: 1,
    access: Access::None,
    flags: &["noscript", "loading", "stale", "fast"],
    keys: None,
    categories: &["@fast", "@connection"],
    tips: &[],
    group: "connection",
    since: "1.0.0",
    summary: "",
    complexity: "O(1)",
    arguments: &[],
    subcommands: &[],
    run: Run::Here(hello::ok),
};

/// What rows have in common that are about transactions.
const TRANSACTION: Spec = Spec {
    flags: &["noscript", "loading", "stale", "fast", "allow_busy"],
    categories: &["@fast", "@transaction"],
    group: "transactions",
    ..CONNECTION
};

/// What rows have in common that tell of the server.
const SERVER: Spec = Spec {
    flags: &["loading", "stale"],
    categories: &["@slow", "@connection"],
    group: "server",
    ..CONNECTION
};

/// What subcommands of `CLIENT` have in common.
const CLIENT: Spec = Spec {
    arity: 2,
    flags: &["noscript", "loading", "stale"],
    categories: &["@slow", "@connection"],
    ..CONNECTION
};

const ARGUMENT: Argument = Argument::ANY;
const OPTIONAL_MESSAGE: Argument = Argument { name: "message", flags: &["optional"], ..ARGUMENT };

/// All commands, the most frequent first.
pub(super) static TABLE: LazyLock<Vec<Spec>> = LazyLock::new(|| {
    let data = node::table().map(|row| match row.name {
        "once" => row.carried_out_by(Run::Here(once::once)),
        _ => row.carried_out_by(Run::Node(row)),
    });
    data.chain(ON_CONNECTIONS.iter().cloned()).collect()
});

/// The commands that are no business of the node's.
static ON_CONNECTIONS: &[Spec] = &[
    Spec {
        name: "ping",
        arity: -1,
        flags: &["fast"],
        tips: &["request_policy:all_shards", "response_policy:all_succeeded"],
        summary: "Ping the server",
        arguments: &[OPTIONAL_MESSAGE],
        run: Run::Here(hello::ping),
        ..CONNECTION
    },
    Spec {
        name: "echo",
        arity: 2,
        flags: &["loading", "stale", "fast"],
        summary: "Echo the given string",
        arguments: &[Argument { name: "message", ..ARGUMENT }],
        run: Run::Here(hello::echo),
        ..CONNECTION
    },
    Spec {
        name: "info",
        arity: -1,
        categories: &["@slow", "@dangerous"],
        tips: &["nondeterministic_output", "request_policy:all_shards", "response_policy:special"],
        summary: "Get information and statistics about the server",
        arguments: &[Argument { name: "section", flags: &["optional", "multiple"], ..ARGUMENT }],
        run: Run::Here(info::info),
        ..SERVER
    },
    Spec {
        name: "hello",
        arity: -1,
        flags: &["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
        since: "6.0.0",
        summary: "Handshake with the server",
        run: Run::Here(hello::hello),
        ..CONNECTION
    },
    Spec {
        name: "client",
        arity: -2,
        flags: &[],
        categories: &["@slow"],
        since: "2.4.0",
        summary: "A container for client connection commands",
        subcommands: &CLIENT_COMMANDS,
        ..CONNECTION
    },
    Spec {
        name: "command",
        arity: -1,
        since: "2.8.13",
        summary: "Get array of command details",
        complexity: "O(N) where N is the number of commands.",
        subcommands: &COMMAND_COMMANDS,
        run: Run::Here(catalogue::all),
        ..SERVER
    },
    Spec {
        name: "config",
        arity: -2,
        flags: &[],
        categories: &["@slow"],
        since: "2.0.0",
        summary: "A container for server configuration commands",
        subcommands: &CONFIG_COMMANDS,
        ..SERVER
    },
    Spec {
        name: "consistency",
        arity: -2,
        flags: &[],
        categories: &["@slow"],
        summary: "A container for commands on what answers promise",
        subcommands: &CONSISTENCY_COMMANDS,
        ..CONNECTION
    },
    Spec {
        name: "keyspace",
        arity: -2,
        flags: &[],
        categories: &["@slow"],
        summary: "A container for commands on keyspaces: which keys belong together, and what is promised of them",
        subcommands: &KEYSPACE_COMMANDS,
        ..CONNECTION
    },
    Spec {
        name: "cluster-admin",
        arity: -2,
        flags: &["admin", "noscript", "loading", "stale"],
        categories: &["@admin", "@slow", "@dangerous"],
        group: "cluster",
        summary: "A container for what operators do with the cluster, for clients on the node's own machine",
        subcommands: &CLUSTER_ADMIN_COMMANDS,
        ..SERVER
    },
    Spec {
        name: "debug",
        arity: -2,
        flags: &["admin", "noscript", "loading", "stale"],
        categories: &["@admin", "@slow", "@dangerous"],
        summary: "A container for faults on demand, in test mode alone",
        subcommands: &DEBUG_COMMANDS,
        ..SERVER
    },
    Spec {
        name: "bgsave",
        arity: -1,
        flags: &["admin", "noscript", "no_async_loading"],
        categories: &["@admin", "@slow", "@dangerous"],
        summary: "Takes a snapshot in the background",
        arguments: &[Argument { name: "SCHEDULE", flags: &["optional"], ..ARGUMENT }],
        run: Run::Here(saving::begin),
        ..SERVER
    },
    Spec {
        name: "lastsave",
        flags: &["loading", "stale", "fast"],
        categories: &["@admin", "@fast", "@dangerous"],
        tips: &["nondeterministic_output"],
        summary: "Returns the Unix timestamp of the last snapshot, or of the start",
        run: Run::Here(saving::last),
        ..SERVER
    },
    Spec {
        name: "save",
        flags: &["admin", "noscript", "no_async_loading", "no_multi"],
        categories: &["@admin", "@slow", "@dangerous"],
        summary: "Refused: all others would wait for it; BGSAVE does its work",
        run: Run::Here(saving::refuse),
        ..SERVER
    },
    Spec {
        name: "multi",
        since: "1.2.0",
        summary: "Mark the start of a transaction block",
        run: Run::Here(transaction::multi),
        ..TRANSACTION
    },
    Spec {
        name: "exec",
        flags: &["noscript", "loading", "stale", "skip_slowlog"],
        categories: &["@slow", "@transaction"],
        since: "1.2.0",
        summary: "Execute all commands issued after MULTI",
        complexity: "Depends on commands in the transaction",
        run: Run::Here(transaction::exec),
        ..TRANSACTION
    },
    Spec {
        name: "discard",
        since: "2.0.0",
        summary: "Discard all commands issued after MULTI",
        complexity: "O(N), when N is the number of queued commands",
        run: Run::Here(transaction::discard),
        ..TRANSACTION
    },
    Spec {
        name: "unwatch",
        since: "2.2.0",
        summary: "Forget about all watched keys",
        run: Run::Here(transaction::unwatch),
        ..TRANSACTION
    },
    Spec {
        name: "select",
        arity: 2,
        flags: &["loading", "stale", "fast"],
        summary: "Change the selected database for the current connection",
        arguments: &[Argument { name: "index", kind: "integer", ..ARGUMENT }],
        run: Run::Here(hello::select),
        ..CONNECTION
    },
    Spec {
        name: "auth",
        arity: -2,
        flags: &["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
        summary: "Authenticate to the server",
        complexity: "O(1)",
        arguments: &[
            Argument { name: "username", flags: &["optional"], ..ARGUMENT },
            Argument { name: "password", ..ARGUMENT },
        ],
        run: Run::Here(hello::auth),
        ..CONNECTION
    },
    Spec {
        name: "readonly",
        flags: &["loading", "stale", "fast"],
        group: "cluster",
        since: "3.0.0",
        summary: "Accepted for the sake of clients: every node serves reads at their level",
        ..CONNECTION
    },
    Spec {
        name: "readwrite",
        flags: &["loading", "stale", "fast"],
        group: "cluster",
        since: "3.0.0",
        summary: "Accepted for the sake of clients: every node takes writes",
        ..CONNECTION
    },
    Spec {
        name: "reset",
        flags: &["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
        since: "6.2.0",
        summary: "Reset the connection",
        run: Run::Here(hello::reset),
        ..CONNECTION
    },
    Spec {
        name: "quit",
        arity: -1,
        flags: &["noscript", "loading", "stale", "fast", "no_auth", "allow_busy"],
        summary: "Close the connection",
        run: Run::Here(hello::quit),
        ..CONNECTION
    },
];

const HELP: Spec = Spec {
    name: "help",
    arity: 2,
    flags: &["loading", "stale"],
    since: "5.0.0",
    summary: "Show helpful text about the different subcommands",
    run: Run::Here(catalogue::help),
    ..CLIENT
};

const TOKEN: Argument = Argument { name: "token", kind: "string", ..ARGUMENT };

const ON_OR_OFF: Argument = Argument { name: "ON|OFF", ..ARGUMENT };

static CLIENT_COMMANDS: [Spec; 9] = [
    Spec {
        name: "id",
        since: "5.0.0",
        summary: "Returns the client ID for the current connection",
        run: Run::Here(identity::id),
        ..CLIENT
    },
    Spec {
        name: "getname",
        since: "2.6.9",
        summary: "Get the current connection name",
        run: Run::Here(identity::get_name),
        ..CLIENT
    },
    Spec {
        name: "setname",
        arity: 3,
        since: "2.6.9",
        summary: "Set the current connection name",
        arguments: &[Argument { name: "connection-name", ..ARGUMENT }],
        run: Run::Here(identity::set_name),
        ..CLIENT
    },
    Spec {
        name: "setinfo",
        arity: 4,
        since: "7.2.0",
        summary: "Say what library the client uses",
        arguments: &[
            Argument { name: "LIB-NAME|LIB-VER", ..ARGUMENT },
            Argument { name: "value", ..ARGUMENT },
        ],
        run: Run::Here(identity::set_info),
        ..CLIENT
    },
    Spec {
        name: "info",
        since: "6.2.0",
        summary: "Returns information about the current client connection.",
        run: Run::Here(identity::info),
        ..CLIENT
    },
    Spec {
        name: "list",
        arity: -2,
        since: "2.4.0",
        summary: "Returns information about this client connection; others are not shown",
        run: Run::Here(identity::list),
        ..CLIENT
    },
    Spec {
        name: "no-evict",
        arity: 3,
        since: "7.0.0",
        summary: "Accepted for the sake of clients: who holds too much is closed all the same",
        arguments: &[ON_OR_OFF],
        run: Run::Here(identity::on_or_off),
        ..CLIENT
    },
    Spec {
        name: "no-touch",
        arity: 3,
        since: "7.2.0",
        summary: "Accepted for the sake of clients: no use of a key is noted",
        arguments: &[ON_OR_OFF],
        run: Run::Here(identity::on_or_off),
        ..CLIENT
    },
    HELP,
];

static COMMAND_COMMANDS: [Spec; 6] = [
    Spec {
        name: "count",
        arity: 2,
        since: "2.8.13",
        summary: "Get total number of commands",
        run: Run::Here(catalogue::count),
        ..SERVER
    },
    Spec {
        name: "info",
        arity: -2,
        since: "2.8.13",
        summary: "Get array of specific command details",
        run: Run::Here(catalogue::info),
        ..SERVER
    },
    Spec {
        name: "docs",
        arity: -2,
        since: "7.0.0",
        summary: "Get array of specific command documentation",
        run: Run::Here(super::documentation::docs),
        ..SERVER
    },
    Spec {
        name: "list",
        arity: -2,
        since: "7.0.0",
        summary: "Get an array of command names",
        run: Run::Here(catalogue::list),
        ..SERVER
    },
    Spec {
        name: "getkeys",
        arity: -3,
        since: "2.8.13",
        summary: "Extract keys given a full command",
        run: Run::Here(catalogue::get_keys),
        ..SERVER
    },
    HELP,
];

static CONFIG_COMMANDS: [Spec; 3] = [
    Spec {
        name: "get",
        arity: -3,
        flags: &["admin", "noscript", "loading", "stale"],
        categories: &["@admin", "@slow", "@dangerous"],
        since: "2.0.0",
        summary: "Get the values of configuration parameters",
        arguments: &[Argument { name: "parameter", flags: &["multiple"], ..ARGUMENT }],
        run: Run::Here(configuration::get),
        ..SERVER
    },
    Spec {
        name: "set",
        arity: -4,
        flags: &["admin", "noscript", "loading", "stale"],
        categories: &["@admin", "@slow", "@dangerous"],
        tips: &["request_policy:all_nodes", "response_policy:all_succeeded"],
        since: "2.0.0",
        summary: "Set configuration parameters to the given values",
        complexity: "O(N) when N is the number of configuration parameters provided",
        arguments: &[Argument {
            name: "data",
            kind: "block",
            flags: &["multiple"],
            choices: &[
                Argument { name: "parameter", ..ARGUMENT },
                Argument { name: "value", ..ARGUMENT },
            ],
            ..ARGUMENT
        }],
        run: Run::Here(setting::set),
        ..SERVER
    },
    HELP,
];

static CONSISTENCY_COMMANDS: [Spec; 9] = [
    Spec {
        name: "attr",
        arity: 3,
        summary: "Whether each answer says where it stands, as a RESP3 attribute",
        arguments: &[ON_OR_OFF],
        run: Run::Here(consistency::attr),
        ..CLIENT
    },
    Spec {
        name: "get",
        arity: -2,
        summary: "The level of reads that name none, and who says so",
        arguments: &[Argument { name: "key", kind: "key", flags: &["optional"], ..ARGUMENT }],
        run: Run::Here(consistency::get),
        ..CLIENT
    },
    Spec {
        name: "last",
        arity: 2,
        summary: "At which level the last read was answered, and how stale it was at most, in milliseconds",
        run: Run::Here(consistency::last),
        ..CLIENT
    },
    Spec {
        name: "list",
        arity: -2,
        summary: "The levels, the strongest first: whether a read of this keyspace, or of default, may ask for them, and what they promise",
        arguments: &[Argument { name: "keyspace", flags: &["optional"], ..ARGUMENT }],
        run: Run::Here(consistency::list),
        ..CLIENT
    },
    Spec {
        name: "merge",
        arity: -3,
        summary: "The token of a session that has seen what all of these have",
        arguments: &[Argument { flags: &["multiple"], ..TOKEN }],
        run: Run::Here(consistency::merge),
        ..CLIENT
    },
    Spec {
        name: "set",
        arity: -3,
        summary: "The level of this connection's reads that name keys and no level, or several in order of preference; DEFAULT: that of the keyspace",
        arguments: &[
            Argument { name: "level", kind: "string", flags: &["multiple"], ..ARGUMENT },
            Argument {
                name: "strict",
                kind: "pure-token",
                token: Some("STRICT"),
                flags: &["optional"],
                ..ARGUMENT
            },
        ],
        run: Run::Here(consistency::set),
        ..CLIENT
    },
    Spec {
        name: "token",
        arity: 2,
        summary: "Where this session stands, to be taken to another node",
        run: Run::Here(consistency::token),
        ..CLIENT
    },
    Spec {
        name: "waitfor",
        arity: -3,
        summary: "Waits until this node stands where the token says; the session does not go back behind it",
        arguments: &[
            TOKEN,
            Argument { name: "milliseconds", kind: "integer", flags: &["optional"], ..ARGUMENT },
        ],
        run: Run::Here(consistency::wait_for),
        ..CLIENT
    },
    HELP,
];

const NAME: Argument = Argument { name: "name", kind: "string", ..ARGUMENT };

/// An option with a value, which its word stands before.
const fn option(name: &'static str, token: &'static str) -> Argument {
    Argument { name, kind: "string", token: Some(token), flags: &["optional"], ..ARGUMENT }
}

const ALLOW: Argument = Argument {
    kind: "block",
    choices: &[Argument { name: "level", flags: &["multiple"], ..ARGUMENT }],
    ..option("allow", "ALLOW")
};

/// A choice between words.
const fn word(name: &'static str, token: &'static str) -> Argument {
    Argument { name, kind: "pure-token", token: Some(token), ..ARGUMENT }
}

const ORDER: Argument = Argument {
    kind: "oneof",
    flags: &[],
    choices: &[word("agreed", "AGREED"), word("merged", "MERGED")],
    ..option("order", "ORDER")
};

const DURABILITY: Argument = Argument {
    kind: "oneof",
    choices: &[word("disk", "DISK"), word("interval", "INTERVAL")],
    ..option("durability", "DURABILITY")
};

static KEYSPACE_COMMANDS: [Spec; 6] = [
    Spec {
        name: "alter",
        arity: -5,
        summary: "Changes the level of reads that name none, and which weaker ones may be named (or ALL, or NONE); what it does not name stays",
        arguments: &[NAME, option("level", "LEVEL"), ALLOW],
        run: Run::Here(keyspaces::alter),
        ..CLIENT
    },
    Spec {
        name: "create",
        arity: -3,
        summary: "Carves the keys with a prefix out of the keyspace that has them; there must be none",
        arguments: &[
            NAME,
            Argument { flags: &[], ..option("prefix", "PREFIX") },
            ORDER,
            Argument { flags: &[], ..option("level", "LEVEL") },
            ALLOW,
            DURABILITY,
        ],
        run: Run::Here(keyspaces::create),
        ..CLIENT
    },
    Spec {
        name: "drop",
        arity: 3,
        summary: "Gives the keys of a keyspace, of which there must be none, back to the one around it",
        arguments: &[NAME],
        run: Run::Here(keyspaces::drop),
        ..CLIENT
    },
    Spec {
        name: "get",
        arity: 3,
        summary: "Tells of a keyspace, as this node goes by it",
        arguments: &[NAME],
        run: Run::Here(keyspaces::get),
        ..CLIENT
    },
    Spec {
        name: "list",
        arity: 2,
        summary: "Tells of all keyspaces, as this node goes by them",
        run: Run::Here(keyspaces::list),
        ..CLIENT
    },
    HELP,
];

/// The id of a member, and where it receives its peers.
const ID: Argument = Argument { name: "id", kind: "integer", ..ARGUMENT };
const PEER_ADDRESS: Argument = Argument { name: "host:port", kind: "string", ..ARGUMENT };

/// What subcommands of `CLUSTER-ADMIN` have in common.
const CLUSTER_ADMIN: Spec = Spec {
    arity: 2,
    flags: &["admin", "noscript", "loading", "stale"],
    categories: &["@admin", "@slow", "@dangerous"],
    group: "cluster",
    ..SERVER
};

static CLUSTER_ADMIN_COMMANDS: [Spec; 10] = [
    Spec {
        name: "add",
        arity: 4,
        summary: "A node that was started to join becomes a member; answered when it votes",
        arguments: &[ID, PEER_ADDRESS],
        run: Run::Here(cluster_admin::add),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "backup",
        arity: -3,
        flags: &["admin", "noscript", "loading", "stale"],
        categories: &["@admin", "@slow", "@dangerous"],
        summary: "Has a snapshot taken, tells when it is in place, and hands out its file: what candor backup asks",
        arguments: &[
            Argument { name: "BEGIN|STATUS|READ|END", kind: "string", ..ARGUMENT },
            Argument { name: "snapshot", kind: "integer", flags: &["optional"], ..ARGUMENT },
            Argument { name: "offset", kind: "integer", flags: &["optional"], ..ARGUMENT },
            Argument { name: "bytes", kind: "integer", flags: &["optional"], ..ARGUMENT },
        ],
        run: Run::Here(backup::backup),
        ..SERVER
    },
    Spec {
        name: "drain",
        summary: "This node hands over, answers what it has taken, and ends",
        run: Run::Here(cluster_admin::drain),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "finalize",
        summary: "The cluster may use what this version brings; after that no node goes back",
        run: Run::Here(cluster_admin::finalize),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "move",
        arity: 4,
        summary: "A member receives its peers somewhere else",
        arguments: &[ID, PEER_ADDRESS],
        run: Run::Here(cluster_admin::move_to),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "remove",
        arity: -3,
        summary: "A member goes, or with LOSE members that are dead do; answered when they are gone",
        arguments: &[
            Argument {
                name: "lose",
                kind: "pure-token",
                flags: &["optional"],
                token: Some("LOSE"),
                ..ARGUMENT
            },
            Argument { flags: &["multiple"], ..ID },
        ],
        run: Run::Here(cluster_admin::remove),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "replace",
        arity: 5,
        summary: "A member that is dead goes once a new one votes",
        arguments: &[Argument { name: "old", ..ID }, Argument { name: "new", ..ID }, PEER_ADDRESS],
        run: Run::Here(cluster_admin::replace),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "status",
        summary: "Who is in the cluster and who leads, as this node knows it",
        run: Run::Here(cluster_admin::status),
        ..CLUSTER_ADMIN
    },
    Spec {
        name: "transfer",
        arity: 3,
        summary: "Has another member lead; answered when it does",
        arguments: &[Argument { name: "id", kind: "integer", ..ARGUMENT }],
        run: Run::Here(cluster_admin::transfer),
        ..CLUSTER_ADMIN
    },
    HELP,
];

static DEBUG_COMMANDS: [Spec; 4] = [
    Spec {
        name: "clock",
        arity: 3,
        summary: "Sets the wall clock of this node off by so many milliseconds",
        arguments: &[Argument { name: "offset-ms", kind: "integer", ..ARGUMENT }],
        run: Run::Here(debug::clock),
        ..SERVER
    },
    Spec {
        name: "disk",
        arity: -3,
        summary: "Makes the disk of this node full or free, the next sync fail or take long, or the power go",
        arguments: &[
            Argument { name: "FULL|FREE|FAIL-SYNC|STALL|POWER-OFF", kind: "string", ..ARGUMENT },
            Argument { name: "ms|seed|error", kind: "string", flags: &["optional"], ..ARGUMENT },
        ],
        run: Run::Here(debug::disk),
        ..SERVER
    },
    Spec {
        name: "rot",
        arity: 3,
        summary: "Changes the value of a key in the memory of this node alone",
        arguments: &[Argument { name: "key", kind: "string", ..ARGUMENT }],
        run: Run::Here(debug::rot),
        ..SERVER
    },
    HELP,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        assert_eq!(find(b"GeT").unwrap().name, "get");
        assert_eq!(find(b"client").unwrap().subcommand(b"SETinfo").unwrap().name, "setinfo");
        assert!(find(b"nosuch").is_none() && find(b"").is_none() && find(b"ge").is_none());
    }

    #[test]
    fn names_are_in_lower_case_and_each_once() {
        for table in [&TABLE[..]].into_iter().chain(TABLE.iter().map(|spec| spec.subcommands)) {
            for (place, spec) in table.iter().enumerate() {
                assert_eq!(spec.name, spec.name.to_ascii_lowercase());
                assert!(!spec.name.is_empty() && !spec.summary.is_empty(), "{}", spec.name);
                assert!(table[..place].iter().all(|other| other.name != spec.name));
            }
        }
    }

    #[test]
    fn keys_and_access_go_together() {
        for spec in TABLE.iter().filter(|spec| spec.access != Access::ReadAll) {
            let flushes = spec.name.starts_with("flush");
            // Its keys are those of the command behind it.
            let keyless = spec.access == Access::None || flushes || spec.name == "once";
            assert_eq!(keyless, spec.keys.is_none(), "{}", spec.name);
        }
    }

    #[test]
    fn keys_are_where_the_table_says() {
        let places =
            |name: &[u8], length| find(name).unwrap().key_places(length).collect::<Vec<_>>();
        assert_eq!(places(b"get", 2), [1]);
        assert_eq!(places(b"set", 3), [1]);
        assert_eq!(places(b"del", 4), [1, 2, 3]);
        assert_eq!(places(b"ping", 1), []);
    }
}
