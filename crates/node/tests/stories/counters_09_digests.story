# Counters are compared like all else, also where a DEL's tombstone is gone on some replicas only.
> cluster 3 causal
> digests 200 1
> settle
> n1.a set k 5
> n1.a set l 5
> settle
n1.a set k 5 → OK
n1.a set l 5 → OK
> n1.a incr k
> n2.b incr k
> n1.a del l
> settle
n1.a incr k → 6
n2.b incr k → 6
n1.a del l → 1
> n2.b incrby l 2
> n3.c incrby l 3
> settle
n2.b incrby l 2 → 2
n3.c incrby l 3 → 3
> run 2000
> digests
n1: digest 2, equal at 2, 0 given up, no alarm
n2: digest 2, equal at 2, 0 given up, no alarm
n3: digest 2, equal at 2, 0 given up, no alarm
> decay 2 l
> n1.a set other 1
> run 2000
n1.a set other 1 → OK
n2: n1 differs at digest 3
n1: n2 differs at digest 3
n2: n3 differs at digest 3
n3: n2 differs at digest 3
n2 halts (1): the merged state of this node differs from that of nodes 1, 3, a majority of all 3 members, at the digest at index 3, at [1.1:5 2.1:2 3.1:1]: in slot 11562. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
> digests
n1: digest 3, equal at 2, 0 given up, digest 3: another merged state on node 2
n3: digest 3, equal at 3, 0 given up, digest 3: another merged state on node 2
