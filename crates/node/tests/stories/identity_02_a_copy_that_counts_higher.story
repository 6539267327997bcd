# What counts is what a directory has lived, not how high it counts: the copy was started more often, where nobody heard it.
> cluster 3 causal
> settle
> crash 3
> save 3
> start 3
> settle
> n3.a set k 2
> settle
n3.a set k 2 → OK
> crash 3
> restore 3
> cut 1 3
> cut 2 3
> start 3
> run 100
> crash 3
> start 3
> run 100
> status
n1: boot 1, formed, ready, keys 1, vector [3.2:1]
n2: boot 1, formed, ready, keys 1, vector [3.2:1]
n3: boot 3, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
> heal
> run 500
n3 halts (78): node 1 believes start 2 of this node, which this data directory has not lived. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
