//! Commands that Redis has and Candor does not have yet, and what does their work meanwhile.
//!
//! The names are those of Redis itself, without its modules. A command that comes leaves this list;
//! a test holds it to the table.

const COMPARE: &str =
    "read with GET, then SET key value IFEQ what-was-read, again if it answers nil";
const ONE_STRING: &str = "values are strings: keep the whole of it in one, and change it with SET key value IFEQ what-was-read";
const MANY: &str = "send MSET";
const NO_MESSAGES: &str = "ask for the key with GET now and then";
const NO_SCRIPTS: &str = "do it in the client, and make each change with SET key value IFEQ what-was-read or DELIFEQ key what-was-read";
const ANY_NODE: &str = "every node has all keys and answers for them: connect to any";
const DURABLE: &str = "a write is on disk, on a majority if it is agreed, before it is answered";
const NO_USERS: &str = "there are no users: who reaches the port may do everything (protected mode refuses other machines)";
const TOLD_BY_INFO: &str = "INFO tells what is counted";

/// What does the work of a family of commands, and their names with a space between.
const FAMILIES: &[(&str, &str)] = &[
    (COMPARE, "copy rename renamenx bitfield bitfield_ro bitop setbit"),
    ("DELIFEQ key value removes the key if it has that value, DEL in any case", "delex"),
    (MANY, "msetex"),
    ("sort in the client", "sort sort_ro"),
    (
        ONE_STRING,
        "blmove blmpop blpop brpop brpoplpush lindex linsert llen lmove lmpop lpop lpos lpush \
         lpushx lrange lrem lset ltrim rpop rpoplpush rpush rpushx hdel hexists hexpire \
         hexpireat hexpiretime hget hgetall hgetdel hgetex hincrby hincrbyfloat hkeys hlen \
         hmget hmset hpersist hpexpire hpexpireat hpexpiretime hpttl hrandfield hscan hset \
         hsetex hsetnx hstrlen httl hvals sadd scard sdiff sdiffstore sinter sintercard \
         sinterstore sismember smembers smismember smove spop srandmember srem sscan sunion \
         sunionstore bzmpop bzpopmax bzpopmin zadd zcard zcount zdiff zdiffstore zincrby \
         zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember \
         zrange zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex \
         zremrangebyrank zremrangebyscore zrevrange zrevrangebylex zrevrangebyscore zrevrank \
         zscan zscore zunion zunionstore xack xadd xautoclaim xclaim xdel xgroup xinfo xlen \
         xpending xrange xread xreadgroup xrevrange xsetid xtrim geoadd geodist geohash \
         geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch \
         geosearchstore pfadd pfcount pfdebug pfmerge pfselftest",
    ),
    (
        NO_MESSAGES,
        "psubscribe publish pubsub punsubscribe spublish ssubscribe subscribe sunsubscribe \
         unsubscribe",
    ),
    (NO_SCRIPTS, "eval eval_ro evalsha evalsha_ro fcall fcall_ro function script module"),
    (
        ANY_NODE,
        "asking cluster migrate move swapdb failover replicaof slaveof role psync sync \
         replconf",
    ),
    (DURABLE, "bgrewriteaof wait waitaof"),
    (NO_USERS, "acl"),
    (TOLD_BY_INFO, "latency lolwut memory monitor object slowlog time"),
    ("copy the value: GET it here, SET it there", "dump restore restore-asking"),
    (
        "CLUSTER-ADMIN DRAIN, or SIGTERM to the process: it hands over and answers what was asked",
        "shutdown",
    ),
];

/// What does the work of a command that Redis has and Candor does not.
pub(super) fn way_out(name: &[u8]) -> Option<&'static str> {
    let is_it = |other: &str| other.as_bytes().eq_ignore_ascii_case(name);
    FAMILIES.iter().find(|(_, names)| names.split(' ').any(is_it)).map(|family| family.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::table;
    use super::*;

    #[test]
    fn each_is_absent_and_named_once() {
        let mut seen = BTreeSet::new();
        for name in FAMILIES.iter().flat_map(|family| family.1.split(' ')) {
            assert!(table::find(name.as_bytes()).is_none(), "{name} is there");
            assert!(seen.insert(name), "{name} stands here twice");
        }
    }

    #[test]
    fn names_have_no_case() {
        assert_eq!(way_out(b"MSetEx"), Some(MANY));
        assert_eq!(way_out(b"nonsense"), None);
    }
}
