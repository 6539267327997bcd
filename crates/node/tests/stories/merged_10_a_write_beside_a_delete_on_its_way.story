# A write is stamped above a delete that is on its way to this disk, and is not yet applied here.
> cluster 2 eventual
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> clock 1 400
> stall 2
> n1.a del k
> run 50
n1.a del k → 1
> n2.b set k w
> run 50
> unstall 2
> settle
n2.b set k w → OK
> n1.a get k
n1.a get k → w
> n2.b get k
n2.b get k → w
