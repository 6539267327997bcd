# An older write that one replica has not seen yet keeps the tombstone there, although all have it.
> cluster 3 eventual
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> clock 1 400
> cut 3 1
> n3.c set k old
> run 20
n3.c set k old → OK
> hold 3 1
> hold 2 1
> heal
> n1.a del k
> run 1500
n1.a del k → 1
> release 3 1
> release 2 1
> run 50
> tombstones
tombstones: n1 1, n2 1, n3 1
> run 3000
> tombstones
tombstones: n1 0, n2 0, n3 0
> n1.a get k
n1.a get k → nil
> n2.b get k
n2.b get k → nil
> n3.c get k
n3.c get k → nil
> status
n1: boot 1, formed, ready, keys 0, vector [1.1:2 3.1:1]
n2: boot 1, formed, ready, keys 0, vector [1.1:2 3.1:1]
n3: boot 1, formed, ready, keys 0, vector [1.1:2 3.1:1]
