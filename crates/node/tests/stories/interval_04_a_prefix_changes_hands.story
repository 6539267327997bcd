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
> settle
> n3.a del cache:hot:1
n3.a del cache:hot:1 → 1
> n3.a keyspace create hot cache:hot: agreed sequential
> answers
n3.a keyspace create hot cache:hot: agreed sequential → OK
> settle
> n3.a get cache:hot:1
n3.a get cache:hot:1 → nil
> n3.a set cache:hot:1 z
> answers
n3.a set cache:hot:1 z → OK
> settle
> values cache:hot:1
n1: agreed z, merged nothing
n2: agreed z, merged nothing
n3: agreed z, merged nothing
# What it kept is given back in the same way: what was shown is a key of it, also before it is on disk.
> n2.a del cache:1
n2.a del cache:1 → 1
> n2.a set cache:2 y
n2.a set cache:2 y → OK
> n1.a keyspace drop cache
> answers
n1.a keyspace drop cache → ERR the keyspace cache has keys, such as cache:2: it is not dropped. Hint: DEL them first; SCAN 0 MATCH "cache:*" lists them
> settle
> n2.a del cache:2
n2.a del cache:2 → 1
> n1.a keyspace drop cache
> answers
n1.a keyspace drop cache → OK
> settle
> n2.a get cache:2
n2.a get cache:2 → nil
> n2.a get cache:hot:1
n2.a get cache:hot:1 → z
# A clock that is off stamps nothing: until it is right the end of its log cannot be told, and nothing changes hands.
> n1.a keyspace create cache cache: merged eventual interval
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
> settle
> n3.a set cache:top:1 x
n3.a set cache:top:1 x → OK
> clock 3 -3600000
> run 500
n3's clock is off: n1 +3600 s, n2 +3600 s
> n1.a keyspace create top cache:top: agreed sequential
> run 2000
> unsynced
unsynced: n1 0, n2 0, n3 1
> n1.a keyspace get top
> clock 3 0
> answers
n3's clock agrees: n1 +0 s, n2 +0 s
n1.a keyspace create top cache:top: agreed sequential → ERR keys with this prefix exist in the keyspace cache, such as cache:top:1: the keyspace top is not created. Hint: DEL them first, or choose another prefix
n1.a keyspace get top → ERR there is no keyspace top. Hint: KEYSPACE LIST
> unsynced
unsynced: n1 0, n2 0, n3 0
