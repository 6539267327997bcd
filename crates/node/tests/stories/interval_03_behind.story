# A transaction goes the way of all merged writes, behind what is shown; so does all that comes while it is on its way.
> cluster 3 sequential
> settle
> n1.a keyspace create cache cache: merged eventual interval
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
> settle
> n1.a set cache:1 5
n1.a set cache:1 5 → OK
> n1.a incr cache:2
n1.a incr cache:2 → 1
> stall 1
> n1.a exec incr cache:1 ; incr cache:2 ; get cache:1
> n1.b incr cache:1
> n1.b get cache:1
> n1.c get cache:1
n1.c get cache:1 → 5
> run 50
> unsynced
unsynced: n1 2, n2 0, n3 0
> unstall 1
> answers
n1.a exec incr cache:1 ; incr cache:2 ; get cache:1 → [6, 2, 6]
n1.b incr cache:1 → 7
n1.b get cache:1 → 7
> n1.b incr cache:1
n1.b incr cache:1 → 8
> unsynced
unsynced: n1 1, n2 0, n3 0
> run 1100
> values cache:1
n1: agreed nothing, merged 8
n2: agreed nothing, merged 8
n3: agreed nothing, merged 8
> values cache:2
n1: agreed nothing, merged 2
n2: agreed nothing, merged 2
n3: agreed nothing, merged 2
# Increments count beside those of others, over what these have written by then.
> cut 1 2
> cut 1 3
> n1.a incrby cache:1 10
n1.a incrby cache:1 10 → 18
> n2.a incrby cache:1 100
n2.a incrby cache:1 100 → 108
> n2.a set cache:2 text
n2.a set cache:2 text → OK
> n1.a incrby cache:2 7
n1.a incrby cache:2 7 → 9
> n1.a del cache:3
n1.a del cache:3 → 0
> n1.a incr cache:3
n1.a incr cache:3 → 1
> n1.a set cache:4 1
n1.a set cache:4 1 → OK
> n1.a incr cache:4
n1.a incr cache:4 → 2
> n1.a incr cache:4
n1.a incr cache:4 → 3
> n1.a set cache:5 word
n1.a set cache:5 word → OK
> n1.a incr cache:5
n1.a incr cache:5 → ERR value is not an integer or out of range
> n1.a get cache:1
n1.a get cache:1 → 18
> run 1100
> heal
> settle
> n1.a incr cache:1
n1.a incr cache:1 → 119
> n1.a incr cache:2
n1.a incr cache:2 → ERR value is not an integer or out of range
> n1.a get cache:2
n1.a get cache:2 → text
> n1.a get cache:4
n1.a get cache:4 → 3
> run 1100
> values cache:1
n1: agreed nothing, merged 119
n2: agreed nothing, merged 119
n3: agreed nothing, merged 119
> values cache:2
n1: agreed nothing, merged text
n2: agreed nothing, merged text
n3: agreed nothing, merged text
> values cache:3
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n3: agreed nothing, merged 1
> values cache:4
n1: agreed nothing, merged 3
n2: agreed nothing, merged 3
n3: agreed nothing, merged 3
