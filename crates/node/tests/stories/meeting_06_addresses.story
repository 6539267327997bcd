# Members are their ids: a cluster starts again although every address has changed …
> cluster 3 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> crash 1
> crash 2
> crash 3
> move
> start 1
> start 2
> start 3
> n2.a get k
> settle
n2.a get k → 1
# … and not with other ids.
> crash 3
> peers 3 1,3,4
> start 3
node 3 does not start: the cluster of this data directory formed with the peers 1, 2, 3, not with the peers 1, 3, 4: start it with the same ids (addresses may change), or use a new directory for a new cluster
