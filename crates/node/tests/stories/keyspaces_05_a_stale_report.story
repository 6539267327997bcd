# What a member said of one attempt does not count for the next one.
> cluster 3 causal
> settle
> leader
n1 leads
> n1.b keyspace create users user: agreed sequential
> run 70
> hold 3 1
> run 100
> n1.c keyspace list
n1.c keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1], [name, users, prefix, user:, order, agreed, level, sequential, allow, , durability, disk, state, being created, id, 2]]
# The leader hears no more of node 3, which has looked and found nothing.
> run 61000
n1.b keyspace create users user: agreed sequential → INDETERMINATE the keyspace is still on its way: it may be opened, dropped or given up later. Hint: KEYSPACE LIST says what became of it
> n1.c keyspace list
n1.c keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1]]
> cut 2 3
> n3.a set user:9 late
> run 20
n3.a set user:9 late → OK
> n1.b keyspace create users user: agreed sequential
> run 500
> release 3 1
> run 100
n1.b keyspace create users user: agreed sequential → ERR keys with this prefix exist in the keyspace default, such as user:9: the keyspace users is not created. Hint: DEL them first, or choose another prefix
> answers
> n1.c keyspace list
n1.c keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1]]
> values user:9
n1: agreed nothing, merged late
n2: agreed nothing, merged nothing
n3: agreed nothing, merged late
