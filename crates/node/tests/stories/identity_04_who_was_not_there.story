# An original that comes back after its copy went on is no better than a copy.
> cluster 3 eventual
> settle
> crash 3
> save 3
> start 3
> settle
> n3.a set k 1
> settle
n3.a set k 1 → OK
> crash 3
# A member that was away asks the same.
> crash 1
> restore 3
> start 3
> run 500
n3 halts (78): node 2 believes start 2 of this node, which this data directory has not lived. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
> start 1
> settle
