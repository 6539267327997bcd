# While the first keyspace of a beginning is made, those behind it are refused as well, also by who was started with none.
> cluster 3 sequential
> settle
> leader
n1 leads
> begin with carts cart: merged causal
> begin with users user: agreed sequential eventual
> begin with admins user:admin: agreed linearizable
> crash 3
> start 3
> settle
> stall 2
> run 1500
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, being created, id, 2]]
> n1.a set user:1 anna
n1.a set user:1 anna → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.a get user:1
n1.a get user:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.a exec set other 1 ; set user:admin:1 carl
n1.a exec set other 1 ; set user:admin:1 carl → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.a scan 0 match user:*
n1.a scan 0 match user:* → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.a keyspace level user:1
n1.a keyspace level user:1 → [keyspace, default, order, agreed, level, sequential, said_by, server, refused, TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is]
> n1.a set other pears
> run 100
n1.a set other pears → OK
> unstall 2
> run 300
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, admins, prefix, user:admin:, order, agreed, level, linearizable, allow, , durability, disk, state, open, id, 4], [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, open, id, 2], [name, users, prefix, user:, order, agreed, level, sequential, allow, eventual, durability, disk, state, open, id, 3]]
> n1.a set user:1 anna
> n1.a set user:admin:1 carl
> answers
n1.a set user:1 anna → OK
n1.a set user:admin:1 carl → OK

# What cannot be made within a minute of log time is given up, and the next one has its turn.
> begin with nothing
> cluster 3 sequential
> settle
> leader
n1 leads
> begin with carts cart: merged causal
> begin with users user: agreed sequential eventual
> crash 3
> start 3
> settle
> crash 2
> run 50000
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, being created, id, 2]]
> n1.a set cart:1 apples
n1.a set cart:1 apples → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.b keyspace create orders order: merged causal
> answers
n1.b keyspace create orders order: merged causal → TRYAGAIN another keyspace is being created or dropped, and one at a time is: the command did not run. Hint: KEYSPACE LIST says which
> run 12000
> n1.a set cart:1 apples
> n1.a set user:1 anna
n1.a set user:1 anna → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> run 100
n1.a set cart:1 apples → OK
> start 2
> settle
> run 1000
n2 was told of the keyspace carts: the cluster has none of this name
n3 was told of the keyspace carts: the cluster has none of this name
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, users, prefix, user:, order, agreed, level, sequential, allow, eventual, durability, disk, state, open, id, 3]]
> n1.a set user:1 anna
> n1.b keyspace create carts cart: merged causal
> answers
n1.a set user:1 anna → OK
n1.b keyspace create carts cart: merged causal → ERR keys with this prefix exist in the keyspace default, such as cart:1: the keyspace carts is not created. Hint: DEL them first, or choose another prefix
> n1.a del cart:1
> n1.b keyspace create carts cart: merged causal
> answers
n1.a del cart:1 → 1
n1.b keyspace create carts cart: merged causal → OK

# What a full disk drops of it before it is sent is proposed again.
> begin with nothing
> cluster 3 sequential
> settle
> leader
n1 leads
> begin with carts cart: merged causal
> crash 3
> start 3
> settle
> cut 1 3
> cut 2 3
> run 2000
> full 3
n3: the disk is full
> run 100
> free 3
n3: the disk has room
> heal
> settle
> run 2000
> leader
n1 leads
> n3.a set cart:1 apples
> answers
n3.a set cart:1 apples → OK
