# A cluster begins with the keyspaces that its nodes are started with, before anybody writes one of their keys.
> begin with carts cart: merged causal
> begin with users user: agreed sequential eventual
> begin with admins user:admin: agreed linearizable
> cluster 3 causal
> n1.a set cart:1 apples
n1.a set cart:1 apples → TRYAGAIN the configuration names a keyspace with this key, and this node does not know yet whether the cluster has it: the command did not run. Hint: ask again in a moment
> n2.b set user:admin:1 carl
n2.b set user:admin:1 carl → TRYAGAIN the configuration names a keyspace with this key, and this node does not know yet whether the cluster has it: the command did not run. Hint: ask again in a moment
> n3.c set other pears
> settle
n3.c set other pears → OK
> run 500
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1], [name, admins, prefix, user:admin:, order, agreed, level, linearizable, allow, , durability, disk, state, open, id, 4], [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, open, id, 2], [name, users, prefix, user:, order, agreed, level, sequential, allow, eventual, durability, disk, state, open, id, 3]]
> n1.a set cart:1 apples
> n2.b set user:admin:1 carl
> settle
n1.a set cart:1 apples → OK
n2.b set user:admin:1 carl → OK
# What is dropped does not come back, and what is another one now is told.
> n1.a del cart:1
> n1.a keyspace drop carts
> answers
n1.a del cart:1 → 1
n1.a keyspace drop carts → OK
> n1.a keyspace alter users linearizable
> answers
n1.a keyspace alter users linearizable → OK
> settle
> crash 1
> crash 2
> crash 3
> start 1
> start 2
> start 3
> settle
> run 500
n1 was told of the keyspace carts: the cluster has none of this name
n1 was told of the keyspace users: that of the cluster has the level linearizable, other weaker levels allowed
n2 was told of the keyspace carts: the cluster has none of this name
n2 was told of the keyspace users: that of the cluster has the level linearizable, other weaker levels allowed
n3 was told of the keyspace carts: the cluster has none of this name
n3 was told of the keyspace users: that of the cluster has the level linearizable, other weaker levels allowed
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1], [name, admins, prefix, user:admin:, order, agreed, level, linearizable, allow, , durability, disk, state, open, id, 4], [name, users, prefix, user:, order, agreed, level, linearizable, allow, , durability, disk, state, open, id, 3]]
> answers

# Without a leader nobody knows yet, and what is merged waits as well.
> begin with nothing
> begin with carts cart: merged causal
> cluster 3 eventual
> run 20
> cut 1 2
> cut 1 3
> cut 2 3
> run 3000
> n1.a set cart:1 apples
n1.a set cart:1 apples → TRYAGAIN the configuration names a keyspace with this key, and this node does not know yet whether the cluster has it: the command did not run. Hint: ask again in a moment
> n1.a set other pears
> run 100
> heal
> settle
n1.a set other pears → OK
> run 500
> n1.a set cart:1 apples
> answers
n1.a set cart:1 apples → OK
> n1.a keyspace get carts
n1.a keyspace get carts → [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, open, id, 2]
> answers

# Who was started with one asks for it where the leader was not.
> begin with nothing
> cluster 3 causal
> settle
> leader
n1 leads
> begin with carts cart: merged causal
> crash 3
> start 3
> settle
> n3.a set cart:1 apples
n3.a set cart:1 apples → TRYAGAIN the configuration names a keyspace with this key, and this node does not know yet whether the cluster has it: the command did not run. Hint: ask again in a moment
> run 2000
> n3.a set cart:1 apples
> answers
n3.a set cart:1 apples → OK
> n1.a keyspace get carts
n1.a keyspace get carts → [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, open, id, 2]
> answers
