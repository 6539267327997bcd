# A value rots in the memory of one member: it is told where, and stops.
> cluster 3 linearizable
> settle
> digests 500 1024
> n1.a set k v
> n1.a set l v
> settle
n1.a set k v → OK
n1.a set l v → OK
> run 600
> decay 3 l
> n1.a set m v
> run 1000
n1.a set m v → OK
n3: n1 differs at digest 6
n1: n3 differs at digest 6
n2: n3 differs at digest 6
n3: n2 differs at digest 6
n3 halts (1): the agreed state of this node differs from that of nodes 1, 2, a majority of all 3 members, at the digest at index 6: in slot 11562. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
> digests
n1: digest 6, equal at 6, 0 given up, digest 6: another agreed state on node 3
n2: digest 6, equal at 6, 0 given up, digest 6: another agreed state on node 3
# It does not start again as it is.
> start 3
node 3 does not start: the state of this node differed from that of a majority at the digest at index 6, and it stopped for that: the log lines of its former start name the slot and the position. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
# The others go on.
> n2.a set n v
> settle
n2.a set n v → OK
