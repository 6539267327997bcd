# A key falls due and nobody writes: the leader reclaims it, and every node sees it dead within 100 ms, at the same place.
> cluster 3 linearizable
> settle
> n1.a certify
> n2.b certify
> n3.c certify
> n2.b set k v PX 500
> run 100
n2.b set k v PX 500 → OK   at 2.0, by nothing
> n2.b set stays v
> run 300
n2.b set stays v → OK   at 3.0
> n1.a get k
> n2.b get k
> n3.c get k
> run 50
n1.a get k → v   at 3.0, by 2.0
n2.b get k → v   at 3.0, by 2.0
n3.c get k → v   at 3.0, by 2.0
> status
n1: boot 1, formed, ready, keys 2, vector []
n2: boot 1, formed, ready, keys 2, vector []
n3: boot 1, formed, ready, keys 2, vector []
> run 150
> n1.a get k
> n2.b get k
> n3.c get k
> n2.b get k sequential
> n1.a dbsize
> run 50
n1.a get k → nil   at 4.0, by nothing
n1.a dbsize → 1   at 4.0
n2.b get k → nil   at 4.0, by nothing
n2.b get k sequential → nil   at 4.0, by nothing
n3.c get k → nil   at 4.0, by nothing
> status
n1: boot 1, formed, ready, keys 1, vector []
n2: boot 1, formed, ready, keys 1, vector []
n3: boot 1, formed, ready, keys 1, vector []
# Where nothing has a deadline nothing is appended.
> run 5000
> n1.a get stays
> run 50
n1.a get stays → v   at 4.0, by 3.0
# A key is brought back by SET: it is another one, and stays.
> n1.a set k w
> run 2000
n1.a set k w → OK   at 5.0
> n2.b get k
> n3.c ttl k
> run 50
n2.b get k → w   at 5.0, by 5.0
n3.c ttl k → -1   at 5.0, by 5.0
# What is left shrinks, whether anybody writes or not.
> n1.a expire k 100
> run 40000
n1.a expire k 100 → 1   at 6.0
> n2.b ttl k
> n3.c expiretime k
> run 50
n2.b ttl k → 60   at 6.0, by 6.0
n3.c expiretime k → 1700000109   at 6.0, by 6.0
