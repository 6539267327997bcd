# The limit is part of a snapshot, and so is what counts.
> cluster 1 linearizable
> settle
> n1.a set key value
> n1.a maxmemory 71
> settle
n1.a set key value → OK
n1.a maxmemory 71 → OK
> snapshot 1
> run 50
n1: snapshot 1 is in place
> snapshot 1
> run 50
n1: snapshot 2 is in place
> forget 1
> crash 1
> start 1
> settle
> memory
n1: agreed 72, at most 71
> n1.a set k v
> settle
n1.a set k v → OOM command not allowed when used memory > 'maxmemory'.
> n1.a del key
> n1.a set k v
> settle
n1.a del key → 1
n1.a set k v → OK
