# One node is a cluster of its own: it answers when its disk has the write.
> cluster 1 linearizable
> settle
> n1.a set k 1
> n1.a get k
> settle
n1.a set k 1 → OK
n1.a get k → 1
> n1.a del k missing
> n1.a exists k k
> settle
n1.a del k missing → 1
n1.a exists k k → 0
