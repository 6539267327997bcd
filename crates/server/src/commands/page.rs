//! `docs/commands.md`: what the table says of every command, for people. A test holds the page to
//! the table.

use std::fmt::Write;
use std::path::Path;

use node::Access;

use super::spec::{Run, Spec};
use super::table::TABLE;
use super::usage::usage;

/// What stands above the table.
const HEAD: &str = "\
# Commands

What a client can say. Names, arguments, replies and errors are those of Redis 7, where Redis has the command. This page is made
from the table of commands: `UPDATE_COMMANDS=1 cargo test -p server page` writes it, and a test holds it to the code.

*Agreed* and *merged* say in which keyspaces a command can be used. `KEYSPACE CREATE … ORDER agreed|merged` says which a keyspace is;
`default` is agreed in a cluster with `--level linearizable`, `bounded:<ms>` or `sequential`, and merged in one with `causal` or
`eventual`. What looks at the value before it writes needs one order of all writes, so a merged keyspace refuses it
(`-CONSISTENCY …`); of SET that is one with options, and of EXEC one that has such a command in it. Deadlines
go by the time in the agreed log, so a merged keyspace has none.

A key or value has at most 16 MiB, a command at most 32,768 keys (EXISTS and TOUCH more), the reply of an MGET 32 MiB, that of KEYS
64 MiB, and a pattern 1,024 bytes. Beyond that the error says what to do. INCRBYFLOAT takes decimal numbers alone.
LCS takes values whose lengths have a product of at most 4,194,304. GETBIT, BITCOUNT, BITPOS and LCS cannot stand behind MULTI, and say what
is wrong with their arguments also where there is no such key.

Who is answered `-INDETERMINATE`, or loses the connection, sends the write again as `ONCE id …`, under the id that it had the first
time, at any node: it runs at most once, and each sending hears the first answer (errors of the command, too), at its first position. An
id is `<ms>-<random>`: when it was first sent, and 1 to 64 printable characters. `-CLUSTERDOWN`, `-OOM`, `-TRYAGAIN`, `-MISCONF` and
`-CLOCKSKEW` (the id is ahead of the time in the log) say that this sending did not run; an earlier one may. An id that is older than `once-retention-ms` (10
minutes) is `-INDETERMINATE`, and does not run; so is one whose answer was longer than 64 KiB. `CONFIG SET once-retention-ms`, `once-ids`
and `once-ahead-ms` are values of the cluster. `ONCE id EXEC` does the same for all that stands behind MULTI, where nothing is watched.
";

/// The whole page.
fn page() -> String {
    let mut page = String::from(HEAD);
    let sections = [
        (
            "Reads",
            "A read takes a level behind its name (`GET@SEQUENTIAL key`, `GET@BOUNDED:100 key`); without one it has the level of its\n\
             connection, or else of its keyspace.\n\n",
            &[Access::Read][..],
        ),
        (
            "Reads of all keys",
            "These name no key and have no level: they show what the node that is asked has applied, after all that their own\n\
             connection did.\n\n",
            &[Access::ReadAll],
        ),
        ("Writes", "", &[Access::Write]),
        (
            "Connections and servers",
            "These are answered by the node that is asked, and have no level.\n\n",
            &[Access::None],
        ),
    ];
    for (title, text, access) in sections {
        let rows: Vec<&Spec> = TABLE.iter().filter(|spec| access.contains(&spec.access)).collect();
        write!(page, "\n## {title}\n\n{text}").expect("a string takes all");
        table(&rows, &mut page);
    }
    page
}

fn table(rows: &[&Spec], page: &mut String) {
    let row_of = |spec: &Spec| match spec.run {
        Run::Node(row) => Some(row),
        Run::Here(_) if spec.access == Access::Write => node::find(spec.name.as_bytes()),
        Run::Here(_) => None,
    };
    let on_data = rows.iter().any(|spec| row_of(spec).is_some());
    let (head, rule) = match on_data {
        true => (
            "| command | what it does | agreed | merged | cost | since |",
            "|---|---|---|---|---|---|",
        ),
        false => ("| command | what it does | cost | since |", "|---|---|---|---|"),
    };
    writeln!(page, "{head}\n{rule}").expect("a string takes all");
    let mut line = |name: &str, spec: &Spec| {
        let orders = row_of(spec).map_or(String::new(), |row| {
            format!(" yes | {} |", if row.is_for_merged() { "yes" } else { "no" })
        });
        let Spec { summary, complexity, since, .. } = spec;
        let usage = usage(name, spec).replace('|', "\\|");
        writeln!(page, "| `{usage}` | {summary} |{orders} {complexity} | {since} |")
            .expect("a string takes all");
    };
    for spec in rows {
        match spec.subcommands {
            [] => line(spec.name, spec),
            subcommands => {
                subcommands.iter().for_each(|sub| line(&format!("{} {}", spec.name, sub.name), sub))
            }
        }
    }
}

#[test]
fn the_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/commands.md");
    if std::env::var_os("UPDATE_COMMANDS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let told = std::fs::read_to_string(&path).unwrap();
    assert_eq!(told, page(), "UPDATE_COMMANDS=1 cargo test -p server page writes it anew");
}

#[test]
fn ids_are_there_once_and_for_all() {
    let ids = |name: &str| node::find(name.as_bytes()).unwrap().run.id;
    // What stands in logs never changes its meaning.
    let told = [("set", 1), ("del", 3), ("unlink", 4), ("getset", 5), ("getdel", 6), ("setnx", 7)];
    let others = [("mset", 8), ("msetnx", 9), ("append", 10), ("setrange", 11), ("incr", 12)];
    let rest = [("decr", 13), ("incrby", 14), ("decrby", 15), ("incrbyfloat", 16), ("flushdb", 17)];
    let last = [("flushall", 18), ("delifeq", 19), ("once", 82), ("getbit", 46)];
    let reads = [("bitcount", 47), ("bitpos", 48), ("lcs", 49)];
    for (name, id) in [&told[..], &others, &rest, &last, &reads].concat() {
        assert_eq!(ids(name), id, "{name}");
    }
    let mut all: Vec<u32> = node::table().map(|row| row.run.id).collect();
    all.sort_unstable();
    assert!(all.windows(2).all(|two| two[0] < two[1]), "{all:?}");
    assert!(!all.contains(&2), "that is SET with options, which has a row of its own");
}
