//! `INFO`: the server in lines of `name:value`, for people, monitors and clients that connect.

use std::fmt::{self, Write};

use node::{Memory, Order, Role, Status};

use super::spec::Call;
use super::{Action, Connection, Figures, saving};

/// The Redis whose commands and errors this server follows. Clients decide by it what they may
/// send: 7.2 brought `CLIENT SETINFO`, and from 7.4 on they expect a cache protocol that is not
/// here.
pub(super) const REDIS_VERSION: &str = "7.2.0";
/// The version of this server itself.
const CANDOR_VERSION: &str = env!("CARGO_PKG_VERSION");

type Section = fn(&mut String, &Status, &Figures) -> fmt::Result;

/// All sections by name, in their order. All of them are shown by default.
const SECTIONS: [(&str, Section); 8] = [
    ("Server", server),
    ("Clients", clients),
    ("Memory", memory),
    ("Persistence", persistence),
    ("Stats", stats),
    ("Replication", replication),
    ("Keyspace", keyspace),
    ("Candor", candor),
];

/// `INFO [section …]`
pub(super) fn info(connection: &mut Connection, call: &Call<'_>, out: &mut Vec<u8>) -> Action {
    let asked = |section: &str| {
        let mut names = call.request.iter().skip(1).peekable();
        names.peek().is_none()
            || names.any(|name| {
                [section, "default", "all", "everything"]
                    .iter()
                    .any(|word| word.as_bytes().eq_ignore_ascii_case(name))
            })
    };
    let (status, figures) = (call.context.status(), call.context.figures());
    let mut text = String::new();
    for (name, section) in SECTIONS {
        if asked(name) {
            let blank = if text.is_empty() { "" } else { "\r\n" };
            // Appending to a string cannot fail.
            let _ = write!(text, "{blank}# {name}\r\n");
            let _ = section(&mut text, &status, &figures);
        }
    }
    connection.writer(out).verbatim(&text);
    Action::Replied
}

/// Whether this node is where clients that know one master should write.
///
/// Every node takes writes. Yet clients that tell masters from replicas (GLIDE,
/// StackExchange.Redis, Lettuce) look for exactly one master among the addresses they are given.
/// Measured with GLIDE 2.5: two masters are a "primary conflict", none is "no primary node found",
/// and either ends the connection. So on agreed keyspaces the leader alone, which spares writes a
/// hop, calls itself one, and such clients are given the addresses of all nodes. On merged
/// keyspaces each replica writes to a log of its own, so each is a master, and such clients are
/// given the address of one.
pub(super) fn is_master(status: &Status) -> bool {
    status.order == Order::Merged || status.role == Role::Leader
}

fn server(text: &mut String, _: &Status, figures: &Figures) -> fmt::Result {
    write!(
        text,
        "redis_version:{REDIS_VERSION}\r\ncandor_version:{CANDOR_VERSION}\r\n\
         redis_mode:standalone\r\nos:{os}\r\narch_bits:{bits}\r\nprocess_id:{pid}\r\n\
         tcp_port:{port}\r\nuptime_in_seconds:{uptime}\r\nuptime_in_days:{days}\r\n",
        os = std::env::consts::OS,
        bits = usize::BITS,
        pid = figures.process_id,
        port = figures.tcp_port,
        uptime = figures.uptime_s,
        days = figures.uptime_s / (24 * 60 * 60),
    )
}

fn clients(text: &mut String, _: &Status, figures: &Figures) -> fmt::Result {
    write!(
        text,
        "connected_clients:{}\r\nmaxclients:{}\r\nblocked_clients:0\r\n",
        figures.clients, figures.clients_max
    )
}

/// What the system says is resident, since the server does not count its own allocations; and what
/// keys and values count, which the limits are about.
fn memory(text: &mut String, status: &Status, figures: &Figures) -> fmt::Result {
    if let Some(bytes) = figures.memory_rss_bytes {
        let human = human(bytes);
        write!(
            text,
            "used_memory:{bytes}\r\nused_memory_human:{human}\r\n\
             used_memory_rss:{bytes}\r\nused_memory_rss_human:{human}\r\n"
        )?;
    }
    let Memory { agreed, max_agreed, merged, max_merged } = status.memory;
    let max_agreed = max_agreed.unwrap_or(0);
    write!(
        text,
        "used_memory_dataset:{agreed}\r\nmaxmemory:{max_agreed}\r\nmaxmemory_human:{human}\r\n\
         maxmemory_policy:noeviction\r\nused_memory_dataset_merged:{merged}\r\n\
         maxmemory_merged:{max_merged}\r\nonce_ids:{ids}\r\n",
        human = human(max_agreed),
        ids = status.once.ids,
    )
}

/// A size in bytes as Redis shortens it.
fn human(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        _ if bytes < 1024.0 => format!("{bytes}B"),
        _ if bytes < 1024.0 * 1024.0 => format!("{:.2}K", bytes / 1024.0),
        _ if bytes < 1024.0 * 1024.0 * 1024.0 => format!("{:.2}M", bytes / (1024.0 * 1024.0)),
        _ => format!("{:.2}G", bytes / (1024.0 * 1024.0 * 1024.0)),
    }
}

/// A node that serves clients has read its snapshot and replayed its log: it is never loading.
fn persistence(text: &mut String, status: &Status, figures: &Figures) -> fmt::Result {
    let (snapshots, digests) = (&status.snapshots, &status.digests);
    write!(
        text,
        "loading:0\r\nasync_loading:0\r\nrdb_bgsave_in_progress:{writing}\r\n\
         rdb_last_save_time:{last_s}\r\nrdb_last_bgsave_status:{outcome}\r\naof_enabled:1\r\n\
         snapshot_number:{number}\r\nsnapshot_bytes:{bytes}\r\n\
         snapshot_spool_bytes:{spool}\r\nlog_bytes_since_snapshot:{log}\r\n\
         log_segments:{segments}\r\nstates_fetched:{fetched}\r\nlog_reads:{log_reads}\r\n\
         digest_index:{digest}\r\ndigest_equal_index:{equal}\r\ndigest_alarm:{alarm}\r\n\
         digests_given_up:{given_up}\r\n",
        writing = u8::from(snapshots.writing),
        last_s = saving::last_s(status, figures.started_s),
        outcome = if snapshots.failed { "err" } else { "ok" },
        number = snapshots.last.map_or(0, |number| number.0),
        bytes = snapshots.last_bytes,
        spool = snapshots.spool_bytes,
        log = snapshots.log_bytes,
        segments = figures.log_segments,
        fetched = status.states_fetched,
        log_reads = status.log_reads,
        digest = digests.last,
        equal = digests.equal,
        alarm = digests.alarm.as_deref().unwrap_or_default(),
        given_up = digests.given_up,
    )
}

fn stats(text: &mut String, status: &Status, figures: &Figures) -> fmt::Result {
    write!(
        text,
        "total_connections_received:{}\r\ntotal_commands_processed:{}\r\nexpired_keys:{}\r\n",
        figures.connections, figures.commands, status.expiry.reclaimed
    )
}

fn replication(text: &mut String, status: &Status, _: &Figures) -> fmt::Result {
    if is_master(status) {
        let others = status.members.len().saturating_sub(1);
        return write!(text, "role:master\r\nconnected_slaves:{others}\r\n");
    }
    let link = if status.leader.is_some() { "up" } else { "down" };
    write!(
        text,
        "role:slave\r\nmaster_link_status:{link}\r\nslave_read_only:0\r\nconnected_slaves:0\r\n"
    )
}

fn keyspace(text: &mut String, status: &Status, _: &Figures) -> fmt::Result {
    let keys = status.keys + status.other_keys;
    if keys == 0 {
        return Ok(());
    }
    write!(text, "db0:keys={keys},expires={},avg_ttl=0\r\n", status.expiry.keys)
}

/// What this server has that Redis has not.
fn candor(text: &mut String, status: &Status, figures: &Figures) -> fmt::Result {
    let order = status.order;
    let role = match status.role {
        Role::Leader => "leader",
        Role::Follower => "follower",
    };
    write!(
        text,
        "candor_version:{CANDOR_VERSION}\r\nnode_id:{id}\r\norder:{order}\r\nlevel:{level}\r\n\
         raft_role:{role}\r\nraft_leader:{leader}\r\nraft_term:{term}\r\nraft_commit:{commit}\r\n\
         raft_applied:{applied}\r\nmembers:{members}\r\nkeyspaces:{keyspaces}\r\n\
         keyspace_under_way:{under_way}\r\nkeyspace_given_up:{given_up}\r\ncluster_id:{cluster:016x}\r\nboot:{boot}\r\n\
         formed:{formed}\r\nready:{ready}\r\nagreed_ready:{agreed_ready}\r\nwaits_for:{waits}\r\n\
         log_groups:{groups}\r\nlog_syncs:{syncs}\r\nmerged_version_vector:{vector}\r\n\
         merged_tombstones:{tombstones}\r\nunsynced_keys:{unsynced_keys}\r\n\
         unsynced_bytes:{unsynced_bytes}\r\nunsynced_last_ms:{unsynced_last_ms}\r\n\
         disk_full:{disk_full}\r\nclock_ok:{clock}\r\nclocks_ahead_ms:{clocks}\r\n\
         clients_evicted:{evicted}\r\nnotes_dropped:{dropped}\r\nnotes_suppressed:{suppressed}\r\n",
        id = status.id.0,
        level = status.level,
        leader = status.leader.map_or(0, |leader| leader.0),
        term = status.term,
        commit = status.commit,
        applied = status.applied,
        keyspaces = status.keyspaces.count,
        under_way = status.keyspaces.under_way.as_deref().unwrap_or_default(),
        given_up = status.keyspaces.given_up.as_deref().unwrap_or_default(),
        members = list(status.members.iter().map(|member| member.0.to_string())),
        formed = u8::from(status.formed),
        cluster = status.cluster.unwrap_or(0),
        boot = status.boot,
        ready = u8::from(status.ready),
        agreed_ready = u8::from(status.agreed_ready),
        waits = status.waits.as_ref().map(ToString::to_string).unwrap_or_default(),
        groups = figures.log_groups,
        syncs = figures.log_syncs,
        tombstones = status.tombstones,
        unsynced_keys = status.unsynced.keys,
        unsynced_bytes = status.unsynced.bytes,
        unsynced_last_ms = status.unsynced.last_ms,
        vector = list(
            status.vector.iter().map(|(node, boot, index)| format!("{}.{boot}:{index}", node.0))
        ),
        disk_full = u8::from(status.disk_full),
        clock = u8::from(status.clock_agrees),
        clocks = list(status.clocks.iter().map(|clock| {
            format!("{}={}..{}", clock.id.0, clock.at_least_ms, clock.at_most_ms)
        })),
        evicted = figures.clients_evicted,
        dropped = figures.notes_dropped,
        suppressed = figures.notes_suppressed,
    )
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}
