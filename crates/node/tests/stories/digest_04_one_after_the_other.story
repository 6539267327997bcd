# Of five members two rot, one after the other: each stops, and three go on.
> cluster 5 linearizable
> settle
> digests 500 1024
> n1.a set k v
> n1.a set l v
> settle
n1.a set k v → OK
n1.a set l v → OK
> run 600
> decay 4 k
> n1.a set m v
> run 1000
n1.a set m v → OK
n4: n1 differs at digest 6
n1: n4 differs at digest 6
n2: n4 differs at digest 6
n3: n4 differs at digest 6
n4: n2 differs at digest 6
n4: n3 differs at digest 6
n4: n5 differs at digest 6
n5: n4 differs at digest 6
n4 halts (1): the agreed state of this node differs from that of nodes 1, 2, 3, a majority of all 5 members, at the digest at index 6: in slot 7629. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
> decay 5 l
> n1.a set n v
> run 1000
n1.a set n v → OK
n5: n1 differs at digest 8
n1: n5 differs at digest 8
n2: n5 differs at digest 8
n3: n5 differs at digest 8
n5: n2 differs at digest 8
n5: n3 differs at digest 8
n5 halts (1): the agreed state of this node differs from that of nodes 1, 2, 3, a majority of all 5 members, at the digest at index 8: in slot 11562. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
> digests
n1: digest 8, equal at 8, 0 given up, digest 8: another agreed state on node 5
n2: digest 8, equal at 8, 0 given up, digest 8: another agreed state on node 5
n3: digest 8, equal at 8, 0 given up, digest 8: another agreed state on node 5
> n1.a set o v
> run 100
n1.a set o v → OK
