# Merged keyspaces have no time in a log: they refuse deadlines, and say so.
> cluster 3 eventual
> settle
> n1.a set k v
> n1.a set k v PX 100
n1.a set k v PX 100 → CONSISTENCY the keyspace default is merged: a SET with a deadline (EX, PX, EXAT, PXAT, KEEPTTL) needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a setex k 1 v
n1.a setex k 1 v → CONSISTENCY the keyspace default is merged: SETEX needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a expire k 100
n1.a expire k 100 → CONSISTENCY the keyspace default is merged: EXPIRE needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a persist k
n1.a persist k → CONSISTENCY the keyspace default is merged: PERSIST needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a getex k
n1.a getex k → CONSISTENCY the keyspace default is merged: GETEX needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a ttl k
> n1.a pexpiretime none
> settle
n1.a set k v → OK
n1.a ttl k → -1
n1.a pexpiretime none → -2
