# A member that differs from a majority stops only if that is still there: what it says then leaves a quorum without it.
> cluster 3 linearizable
> settle
> digests 500 1
> n1.a set k v
> n1.a set k2 v
> n1.a set k3 v
> settle
n1.a set k v → OK
n1.a set k2 v → OK
n1.a set k3 v → OK
> decay 3 k
> hold 3 2
> n1.a set l v
> run 1000
n1.a set l v → OK
n3: n1 differs at digest 5
n1: n3 differs at digest 5
n3: n2 differs at digest 5
> digests
n1: digest 5, equal at 5, 0 given up, digest 5: another agreed state on node 3
n2: digest 5, equal at 5, 0 given up, no alarm
n3: digest 5, equal at 0, 0 given up, digest 5: another agreed state on nodes 1, 2
# What it asked comes too late.
> run 6000
> release 3 2
> run 100
n2: n3 differs at digest 5
> digests
n1: digest 5, equal at 5, 0 given up, digest 5: another agreed state on node 3
n2: digest 5, equal at 5, 0 given up, digest 5: another agreed state on node 3
n3: digest 5, equal at 0, 0 given up, digest 5: another agreed state on nodes 1, 2
# It asks again at the next digest.
> n1.a set m v
> run 1000
n1.a set m v → OK
n3: n1 differs at digest 7
n1: n3 differs at digest 7
n2: n3 differs at digest 7
n3: n2 differs at digest 7
n3 halts (1): the agreed state of this node differs from that of nodes 1, 2, a majority of all 3 members, at the digest at index 7: in slot 7629. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
