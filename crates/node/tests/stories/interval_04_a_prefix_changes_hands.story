# A prefix is carved out of a keyspace that is synced every second: what was shown of it stands before the end of the log that is told.
> cluster 3 sequential
> settle
> leader
n1 leads
> n1.a keyspace create cache cache: merged eventual interval
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
> settle
> n3.a set cache:hot:1 x
n3.a set cache:hot:1 x → OK
> n2.a set cache:1 y
n2.a set cache:1 y → OK
> unsynced
unsynced: n1 0, n2 1, n3 1
> n1.a keyspace create hot cache:hot: agreed sequential
> answers
n1.a keyspace create hot cache:hot: agreed sequential → ERR keys with this prefix exist in the keyspace cache, such as cache:hot:1: the keyspace hot is not created. Hint: DEL them first, or choose another prefix
> unsynced
unsynced: n1 0, n2 0, n3 0
> n3.a del cache:hot:1
n3.a del cache:hot:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n3.a keyspace create hot cache:hot: agreed sequential
> answers
n3.a keyspace create hot cache:hot: agreed sequential → ERR keys with this prefix exist in the keyspace cache, such as cache:hot:1: the keyspace hot is not created. Hint: DEL them first, or choose another prefix
> unsynced
unsynced: n1 0, n2 0, n3 0
> n3.a get cache:hot:1
n3.a get cache:hot:1 → x
> n3.a set cache:hot:1 z
n3.a set cache:hot:1 z → OK
> answers
> values cache:hot:1
n1: agreed nothing, merged x
n2: agreed nothing, merged x
n3: agreed nothing, merged x
# It is dropped: what was shown is a key of it, also before it is on disk.
> n2.a del cache:1
n2.a del cache:1 → 1
> n2.a set cache:2 y
n2.a set cache:2 y → OK
> n1.a keyspace drop cache
> answers
n1.a keyspace drop cache → ERR the keyspace cache has keys, such as cache:hot:1: it is not dropped. Hint: DEL them first; SCAN 0 MATCH "cache:*" lists them
> n2.a del cache:2
n2.a del cache:2 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.a keyspace drop cache
> answers
n1.a keyspace drop cache → ERR the keyspace cache has keys, such as cache:hot:1: it is not dropped. Hint: DEL them first; SCAN 0 MATCH "cache:*" lists them
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, cache, prefix, cache:, order, merged, level, eventual, allow, , durability, interval, state, open, id, 2]]
> n2.a get cache:2
n2.a get cache:2 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n2.a get cache:hot:1
n2.a get cache:hot:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
