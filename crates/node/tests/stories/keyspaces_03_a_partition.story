# Nothing opens while one member has not said that it refuses commands.
> cluster 3 causal
> settle
> leader
n1 leads
> cut 3 1
> cut 3 2
> n3.a set user:1 late
> n1.b keyspace create users user: agreed sequential
> run 1000
n3.a set user:1 late → OK
> n1.b get user:1 eventual
> n1.d get user:1
n1.d get user:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n3.a get user:1
n3.a get user:1 → late
> n3.a set user:2 later
> run 100
n3.a set user:2 later → OK
> run 3000
n1.b keyspace create users user: agreed sequential → INDETERMINATE the keyspace is still on its way: it may be opened, dropped or given up later. Hint: KEYSPACE LIST says what became of it
n1.b get user:1 eventual → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.d keyspace list
n1.d keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1], [name, users, prefix, user:, order, agreed, level, sequential, allow, , durability, disk, state, being created, id, 2]]
# Once it is back its entries are merged first: its keys are found, and the keyspace is not created.
> heal
> settle
> n1.d keyspace list
n1.d keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1]]
> n1.d get user:1
n1.d get user:1 → late
> n1.d del user:1 user:2
> settle
n1.d del user:1 user:2 → 2
> n1.b keyspace create users user: agreed sequential
> cut 3 1
> cut 3 2
> run 70000
n1.b keyspace create users user: agreed sequential → INDETERMINATE the keyspace is still on its way: it may be opened, dropped or given up later. Hint: KEYSPACE LIST says what became of it
> n1.d keyspace list
n1.d keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1]]
> n1.d set user:1 again
> run 20
n1.d set user:1 again → OK
> heal
> settle
> n3.a get user:1
n3.a get user:1 → again
