# A copy of a directory that is put back does not know what its node promised since: it must not answer for it.
> cluster 3 linearizable
> settle
> n3.a set k 1
> settle
n3.a set k 1 → OK
> crash 3
> save 3
> start 3
> settle
# Start 2 writes …
> n3.a set k 2
> settle
n3.a set k 2 → OK
# … dies, and the copy from before it takes its place, as another start 2.
> crash 3
> restore 3
> start 3
> n3.a set k 3
> run 500
n3 halts (78): node 1 believes start 2 of this node, which this data directory has not lived. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
# A second start does not help: it is on its disk.
> start 3
node 3 does not start: This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
> run 500
> n1.a get k
> settle
n1.a get k → 2
