# A follower whose clock is an hour ahead keeps the key as long as the others, at every level.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> clock 3 3600000
> n1.a set k v PX 2000
> run 500
n3's clock is off: n1 -3600 s, n2 -3600 s
n1.a set k v PX 2000 → OK
> n3.c get k
> n3.c get k sequential
> n3.c exists k
> n3.c ttl k
> settle
n3.c get k → v
n3.c get k sequential → v
n3.c exists k → 1
n3.c ttl k → 1
# Cut off from the leader it knows no later time: what it shows is old, and never comes back once it is gone.
> run 1200
> cut 3 1
> cut 3 2
> run 600
> n1.a get k
> n3.d get k sequential
n3.d get k sequential → v
> run 100
n1.a get k → nil
> heal
> settle
> n3.c get k sequential
n3.c get k sequential → nil
> settle
