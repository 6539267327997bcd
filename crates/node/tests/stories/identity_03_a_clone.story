# A clone of a directory, started while its node runs, is told that it is one. (The story calls the clone of node 3 "31".)
> cluster 3 causal
> settle
> n3.a set k 1
> settle
n3.a set k 1 → OK
> clone 3 31
> n31.a set k 2
> run 100
n1 refuses: a copy of node 3 was started beside it (start 2): it is turned away
n2 refuses: a copy of node 3 was started beside it (start 2): it is turned away
n31 halts (78): node 1 still hears the node that this data directory is a copy of. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
> n3.a get k
n3.a get k → 1
> settle
# The same on an agreed keyspace.
> cluster 3 linearizable
> settle
> clone 3 31
> n31.a set k 2
> run 100
n1 refuses: a copy of node 3 was started beside it (start 2): it is turned away
n2 refuses: a copy of node 3 was started beside it (start 2): it is turned away
n31 halts (78): node 1 still hears the node that this data directory is a copy of. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
> n3.a set k 3
> settle
n3.a set k 3 → OK
# A process that does not answer any more is taken for gone: then its successor is believed, after a second.
> vanish 3
> start 3
> n3.a set k 4
> run 900
> status
n1: boot 1, formed, ready, keys 1, vector []
n2: boot 1, formed, ready, keys 1, vector []
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 1, vector []
> run 600
n3.a set k 4 → OK
> n3.a get k
> settle
n3.a get k → 4
