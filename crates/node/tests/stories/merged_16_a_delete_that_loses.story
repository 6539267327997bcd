# A delete that loses against a later write leaves no tombstone, and takes nothing along when others go.
> cluster 2 eventual
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> clock 2 400
> cut 1 2
> n1.a del k
> n2.b set k later
> run 50
n1.a del k → 1
n2.b set k later → OK
> tombstones
tombstones: n1 1, n2 0
> heal
> settle
> run 3000
> tombstones
tombstones: n1 0, n2 0
> n1.a get k
n1.a get k → later
> n2.b get k
n2.b get k → later
> cluster 1 eventual
> settle
> n1.a set k v
> n1.a del k
> stall 1
> n1.a del l
> run 50
> tombstones
tombstones: n1 0
> unstall 1
> run 50
n1.a set k v → OK
n1.a del k → 1
n1.a del l → 0
> tombstones
tombstones: n1 0
