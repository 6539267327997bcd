# A merged keyspace answers a write when it is on this replica's disk; the others merge it later.
> cluster 3 eventual
> settle
> n1.a set k 1
> run 10
n1.a set k 1 → OK
> n2.b get k
n2.b get k → nil
> run 50
> n2.b get k
n2.b get k → 1
> n3.c del k
> settle
n3.c del k → 1
> n1.a get k
n1.a get k → nil
# It has no read that would need one order.
> n1.a get k linearizable
n1.a get k linearizable → CONSISTENCY the keyspace default is merged, which has no linearizable read: there is no one order to be the latest in. Ask for causal or eventual, or use a keyspace created with ORDER agreed
> n1.a get k causal
n1.a get k causal → nil
> settle
> status
n1: boot 1, formed, ready, keys 0, vector [1.1:1 3.1:1]
n2: boot 1, formed, ready, keys 0, vector [1.1:1 3.1:1]
n3: boot 1, formed, ready, keys 0, vector [1.1:1 3.1:1]
