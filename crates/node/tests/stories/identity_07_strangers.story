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
n1 refuses: node 2 has met node 1, this one, with another data directory: two processes were started as node 1, or it was started anew on another directory. End the wrong one. This node waits until they agree
> stranger 3 1
n1 refuses: node 3 has met node 1, this one, with another data directory: two processes were started as node 1, or it was started anew on another directory. End the wrong one. This node waits until they agree
