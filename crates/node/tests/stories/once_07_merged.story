# A merged keyspace has no one order in which a command could be the first.
> cluster 3 causal
> settle
> n1.a once 1000-a set k v
n1.a once 1000-a set k v → CONSISTENCY the keyspace default is merged: ONCE needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> settle
