# What is shown before it is on disk stands nowhere: no answer names a place, and no session comes to stand behind it.
> cluster 3 sequential
> settle
> n1.a keyspace create cache cache: merged eventual interval
> n1.a keyspace create carts cart: merged causal
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
n1.a keyspace create carts cart: merged causal → OK
> settle
> cut 1 2
> cut 1 3
> n1.w set cart:1 apples
> run 50
n1.w set cart:1 apples → OK
> n1.a certify
> n1.a set cache:1 x
n1.a set cache:1 x → OK
> n1.a get cache:1
n1.a get cache:1 → x
> n1.a token T
> n2.b waitfor T 500
n2.b waitfor T 500 → OK
> run 600
> n1.a get cart:1
n1.a get cart:1 → apples   at [1.1:1], by 1.1:1.0
> n1.a token U
> n2.c waitfor U 500
> run 600
n2.c waitfor U 500 → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
> heal
> settle
# It offers eventual alone.
> n1.a get cache:1 causal
n1.a get cache:1 causal → CONSISTENCY the keyspace cache has DURABILITY interval, which offers eventual alone, and no causal read: what it shows may be lost with its node. Ask for eventual, or use a keyspace created with DURABILITY disk
> n1.a get cache:1 eventual
n1.a get cache:1 eventual → x
> n1.a keyspace alter cache causal
> n1.a keyspace alter cache eventual causal
> answers
n1.a keyspace alter cache causal → CONSISTENCY the keyspace cache has DURABILITY interval, which offers eventual alone, and not causal: what it shows may be lost with its node. Hint: LEVEL eventual, or DURABILITY disk
n1.a keyspace alter cache eventual causal → CONSISTENCY the keyspace cache has DURABILITY interval, which offers eventual alone, and not causal: what it shows may be lost with its node. Hint: LEVEL eventual, or DURABILITY disk
> n1.a keyspace level cache:1
n1.a keyspace level cache:1 → [keyspace, cache, order, merged, level, eventual, said_by, keyspace, refused, ]
> n1.a keyspace level cache:1 causal
n1.a keyspace level cache:1 causal → [keyspace, cache, order, merged, level, causal, said_by, connection, refused, CONSISTENCY the keyspace cache has DURABILITY interval, which offers eventual alone, and no causal read: what it shows may be lost with its node. Ask for eventual, or use a keyspace created with DURABILITY disk]
