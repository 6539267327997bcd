# A node that is part of a cluster is stopped by nobody who is not: whatever a stranger claims to know of it.
> cluster 3 linearizable
> settle
> stranger 2 1
n1 refuses: node 2 came with another data directory than the one that this node met
> stranger 2 1
n1 refuses: node 2 came with another data directory than the one that this node met
> n1.a set k 1
> settle
n1.a set k 1 → OK
> crash 1
> start 1
> stranger 2 1
> n1.a get k
> settle
n1.a get k → 1
# A node that waits for the others believes it only if it knows no better.
> cluster 3 linearizable
> crash 3
> run 500
> stranger 2 1
n1 refuses: node 2 came with another data directory than the one that this node met
> stranger 3 1
n1 halts (78): node 3 knows node 1 by another data directory: a node that lost its directory cannot come back under its old id, since it may have forgotten votes and writes that others count on. Start it with the directory that it used last. If that is gone, there is no way back for this id until members can be changed; the others go on while they are a majority. (If this is a new cluster, one of the addresses in its list of peers belongs to another one)
