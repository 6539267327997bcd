# Members form a cluster only of the same directories. Node 1 meets both others, which cannot reach each other; then node 3 comes with
# another directory to node 2 alone. Two clusters must not come of it.
> cluster 3 linearizable
> cut 2 3
> run 500
> status
n1: boot 1, not formed, waits for nodes 2 and 3, until all have met once, keys 0, vector []
n2: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
n3: boot 1, not formed, waits for node 2, until all have met once, keys 0, vector []
> crash 3
> wipe 3
> heal
> cut 1 3
> start 3
> run 500
> crash 3
> heal
> run 1500
> status
n1: boot 1, not formed, waits for nodes 2 and 3, until all have met once, keys 0, vector []
n2: boot 1, not formed, waits for nodes 1 and 3, until all have met once, keys 0, vector []
> start 3
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> crash 1
> start 1
> settle
> n2.a get k
> settle
n2.a get k → 1
