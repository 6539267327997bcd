# Node 2 has just started and has no connection from node 3 yet; a clone of node 3 speaks first. Node 2 asks at node 3's address
# before it believes anybody: the original goes on, and the clone stops.
> cluster 3 causal
> settle
> n3.a set k 1
> settle
n3.a set k 1 → OK
> crash 2
> hold 3 2
> start 2
> clone 3 31
> run 60
> release 3 2
> run 1500
n1 refuses: a copy of node 3 was started beside it (start 2): it is turned away
n2 refuses: a copy of node 3 was started beside it (start 2): it is turned away
n31 halts (78): node 1 still hears the node that this data directory is a copy of. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
n2 refuses: a copy of node 3 was started beside it (start 2): it is turned away
> status
n1: boot 1, formed, ready, keys 1, vector [3.1:1]
n2: boot 2, formed, ready, keys 1, vector [3.1:1]
n3: boot 1, formed, ready, keys 1, vector [3.1:1]
> n3.a set k 2
> settle
n3.a set k 2 → OK
