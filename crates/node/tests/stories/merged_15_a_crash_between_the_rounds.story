# Who crashes between the rounds finds its tombstones again, and the rounds begin anew.
> cluster 3 eventual
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> n1.a del k
> run 600
n1.a del k → 1
> tombstones
tombstones: n1 0, n2 0, n3 0
> crash 1
> run 3000
> tombstones
tombstones: n2 0, n3 0
> start 1
> run 50
> tombstones
tombstones: n1 1, n2 0, n3 0
> settle
> run 3000
> tombstones
tombstones: n1 0, n2 0, n3 0
> n1.a get k
n1.a get k → nil
