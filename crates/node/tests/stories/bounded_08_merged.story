# A merged keyspace has no one order of which a part could be old: there is no bounded read.
> cluster 3 causal
> settle
> n1.a get k bounded:100
n1.a get k bounded:100 → CONSISTENCY the keyspace default is merged, which has no bounded:100 read: there is no one order to be the latest in. Ask for causal or eventual, or use a keyspace created with ORDER agreed
> n1.s prefer bounded:100 eventual
> n1.s get k
n1.s get k → CONSISTENCY the keyspace default is merged, which has no bounded:100 read: there is no one order to be the latest in. Ask for causal or eventual, or use a keyspace created with ORDER agreed
# What it can give may be preferred.
> n1.s prefer causal eventual
> n1.s get k
n1.s get k → nil
> n1.s last
n1.s last → [causal, nil]
