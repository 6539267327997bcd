# While one replica is not heard, every tombstone stays, for however long that is.
> cluster 3 eventual
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> cut 1 3
> cut 2 3
> n3.c set k old
> run 50
n3.c set k old → OK
> n1.a del k
> run 60000
n1.a del k → 1
> tombstones
tombstones: n1 1, n2 1, n3 0
> heal
> settle
> run 3000
> tombstones
tombstones: n1 0, n2 0, n3 0
> n1.a get k
n1.a get k → nil
> n2.b get k
n2.b get k → nil
> n3.c get k
n3.c get k → nil
