# A read waits for the writes before it on its connection, a write for the reads before it.
> cluster 3 sequential
> settle
> n2.a set k 1
> n2.a get k
> n2.a set k 2
> n2.a get k linearizable
> n2.a set k 3
# Another connection of the same node need not wait, and may not see them yet.
> n2.b get k
n2.b get k → nil
> settle
n2.a set k 1 → OK
n2.a get k → 1
n2.a set k 2 → OK
n2.a get k linearizable → 2
n2.a set k 3 → OK
> n2.b get k
n2.b get k → 3
