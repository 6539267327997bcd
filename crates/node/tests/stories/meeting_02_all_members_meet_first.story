# A new cluster starts when all members have met once; later a minority may stay away.
> cluster 3 linearizable
> crash 3
> n1.a set k 1
> run 1000
> status
n1: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
n2: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
> start 3
> settle
n1.a set k 1 → OK
> crash 3
> n1.a set k 2
> settle
n1.a set k 2 → OK
