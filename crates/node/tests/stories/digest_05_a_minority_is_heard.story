# A member whose value rots hears one of two others: that is no majority, and it goes on until it hears both.
> cluster 3 linearizable
> settle
> digests 500 1024
> n1.a set k v
> settle
n1.a set k v → OK
> leader
n1 leads
> cut 3 2
> decay 3 k
> n1.a set l v
> run 1000
n1.a set l v → OK
n3: n1 differs at digest 4
n1: n3 differs at digest 4
> digests
n1: digest 4, equal at 4, 0 given up, digest 4: another agreed state on node 3
n2: digest 4, equal at 4, 0 given up, no alarm
n3: digest 4, equal at 0, 0 given up, digest 4: another agreed state on node 1
> heal
> n1.a set m v
> run 1000
n1.a set m v → OK
n3: n1 differs at digest 6
n1: n3 differs at digest 6
n2: n3 differs at digest 6
n3: n2 differs at digest 6
n3 halts (1): the agreed state of this node differs from that of nodes 1, 2, a majority of all 3 members, at the digest at index 6: in slot 7629. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
