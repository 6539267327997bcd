# An increment beside a DEL counts from 0 if it loses nothing to it, and is gone if it does.
> cluster 3 causal
> settle
> n1.a set k 5
> settle
n1.a set k 5 → OK
> cut 1 2
> n1.a del k
> run 20
n1.a del k → 1
> n1.a incr k
> n2.b incrby k 100
> run 100
n1.a incr k → 1
n2.b incrby k 100 → 105
> n1.a get k
n1.a get k → 1
> n2.b get k
n2.b get k → 105
> heal
> settle
> n1.a get k
n1.a get k → 1
> n2.b get k
n2.b get k → 1
> n3.c get k
n3.c get k → 1
# Behind a tombstone that is gone it counts from 0 as well.
> n1.a del k
> settle
n1.a del k → 1
> tombstones
tombstones: n1 1, n2 1, n3 1
> run 60000
> tombstones
tombstones: n1 0, n2 0, n3 0
> n2.b incr k
> settle
n2.b incr k → 1
> n1.a get k
n1.a get k → 1
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:4 2.1:2]
n2: boot 1, formed, ready, keys 1, vector [1.1:4 2.1:2]
n3: boot 1, formed, ready, keys 1, vector [1.1:4 2.1:2]
# A counter that stands on a DEL, whatever becomes of its tombstone.
> n1.a del k
> run 20
n1.a del k → 1
> n1.a incr k
> settle
n1.a incr k → 1
> n3.c del k
> n2.b incr other
> run 60000
n2.b incr other → 1
n3.c del k → 1
> tombstones
tombstones: n1 0, n2 0, n3 0
> n1.a get k
n1.a get k → nil
> n1.a get other
n1.a get other → 1
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:6 2.1:3 3.1:1]
n2: boot 1, formed, ready, keys 1, vector [1.1:6 2.1:3 3.1:1]
n3: boot 1, formed, ready, keys 1, vector [1.1:6 2.1:3 3.1:1]
