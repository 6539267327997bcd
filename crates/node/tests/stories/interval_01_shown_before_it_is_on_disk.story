# A write of a keyspace that is synced every second is shown at once where it was made, whatever its disk does.
> cluster 3 sequential
> settle
> n1.a keyspace create cache cache: merged eventual interval
> n1.a keyspace create carts cart: merged causal
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
n1.a keyspace create carts cart: merged causal → OK
> n1.a keyspace get cache
n1.a keyspace get cache → [name, cache, prefix, cache:, order, merged, level, eventual, allow, , durability, interval, state, open, id, 2]
> n1.a keyspace levels cache
n1.a keyspace levels cache → [[linearizable, no, all that was done before the read began, anywhere], [bounded:<ms>, no, all that was done so long before the read began, anywhere, and all that the session has seen], [sequential, no, all that the session has seen, in one order that is the same for all], [causal, no, all that the session has seen, each write after those that it depends on], [eventual, yes, what is here]]
> settle
> stall 1
> n1.a set cache:1 apples
n1.a set cache:1 apples → OK
> n1.a get cache:1
n1.a get cache:1 → apples
> n1.a incr cache:2
n1.a incr cache:2 → 1
> n1.a incrby cache:2 4
n1.a incrby cache:2 4 → 5
> n1.a get cache:2
n1.a get cache:2 → 5
> n1.a mset cache:3 x cache:4 y
n1.a mset cache:3 x cache:4 y → OK
> n1.a del cache:3 cache:3 cache:nothing
n1.a del cache:3 cache:3 cache:nothing → 1
> n1.a exists cache:1 cache:2 cache:3 cache:4
n1.a exists cache:1 cache:2 cache:3 cache:4 → 3
> n1.b mget cache:1 cache:2 cache:3 cache:4
n1.b mget cache:1 cache:2 cache:3 cache:4 → [apples, 5, nil, y]
> n1.b keys cache:*
n1.b keys cache:* → [cache:2, cache:1, cache:4]
> n1.b scan 0 match cache:*
n1.b scan 0 match cache:* → [0, [cache:2, cache:1, cache:4]]
> n1.b keys *
n1.b keys * → []
> unsynced
unsynced: n1 5, n2 0, n3 0
> values cache:1
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> n2.a get cache:1
n2.a get cache:1 → nil
# A second later it goes to the disk, and there it waits. It is shown meanwhile, and so is what comes beside it.
> run 1100
> n1.a get cache:1
n1.a get cache:1 → apples
> n1.a incr cache:2
n1.a incr cache:2 → 6
> n1.a del cache:4
n1.a del cache:4 → 1
> n1.b mget cache:1 cache:2 cache:3 cache:4
n1.b mget cache:1 cache:2 cache:3 cache:4 → [apples, 6, nil, nil]
> n1.b keys cache:*
n1.b keys cache:* → [cache:1, cache:2]
> unsynced
unsynced: n1 7, n2 0, n3 0
> values cache:2
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> n2.a get cache:2
n2.a get cache:2 → nil
# Once it is there it is spread; what came beside it follows another second later.
> unstall 1
> run 100
> unsynced
unsynced: n1 2, n2 0, n3 0
> values cache:1
n1: agreed nothing, merged apples
n2: agreed nothing, merged apples
n3: agreed nothing, merged apples
> values cache:2
n1: agreed nothing, merged 5
n2: agreed nothing, merged 5
n3: agreed nothing, merged 5
> n2.a get cache:4
n2.a get cache:4 → y
> run 1100
> unsynced
unsynced: n1 0, n2 0, n3 0
> values cache:2
n1: agreed nothing, merged 6
n2: agreed nothing, merged 6
n3: agreed nothing, merged 6
> values cache:4
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
# A crash takes along what came since, and nothing else.
> n1.a set cart:1 pears
> n1.a set cache:1 plums
n1.a set cache:1 plums → OK
> run 50
n1.a set cart:1 pears → OK
> n1.a incr cache:2
n1.a incr cache:2 → 7
> crash 1
> start 1
> settle
> values cache:1
n1: agreed nothing, merged apples
n2: agreed nothing, merged apples
n3: agreed nothing, merged apples
> values cache:2
n1: agreed nothing, merged 6
n2: agreed nothing, merged 6
n3: agreed nothing, merged 6
> values cart:1
n1: agreed nothing, merged pears
n2: agreed nothing, merged pears
n3: agreed nothing, merged pears
