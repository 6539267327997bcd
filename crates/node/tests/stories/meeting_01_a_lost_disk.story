# A node that lost its disk cannot come back under its old id: it may have forgotten votes and writes.
> cluster 3 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> crash 3
> wipe 3
> start 3
> run 500
n1 refuses: node 3 came with another data directory than the one that this node met
n2 refuses: node 3 came with another data directory than the one that this node met
n3 halts (78): node 1 knows node 3 by another data directory: a node that lost its directory cannot come back under its old id, since it may have forgotten votes and writes that others count on. Start it with the directory that it used last. If that is gone, start a new directory under a new id with --join, and have it take this one's place: candor cluster replace OLD NEW=HOST:PORT; the others go on while they are a majority. (If this is a new cluster, one of the addresses in its list of peers belongs to another one)
# The others go on.
> n1.a get k
> run 500
n1.a get k → 1
