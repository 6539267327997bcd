# Merged states are compared where both stand at the same place; what is deleted is left out.
> cluster 3 causal
> settle
> digests 500 1024
> n1.a set k v
> n2.a set l v
> n3.a set m v
> n3.a del m
> run 1000
n1.a set k v → OK
n2.a set l v → OK
n3.a set m v → OK
n3.a del m → 1
> digests
n1: digest 2, equal at 2, 0 given up, no alarm
n2: digest 2, equal at 2, 0 given up, no alarm
n3: digest 2, equal at 2, 0 given up, no alarm
> decay 2 k
> n1.a set n v
> run 1500
n1.a set n v → OK
n2: n1 differs at digest 3
n1: n2 differs at digest 3
n2: n3 differs at digest 3
n3: n2 differs at digest 3
n2 halts (1): the merged state of this node differs from that of nodes 1, 3, a majority of all 3 members, at the digest at index 3, at [1.1:2 2.1:1 3.1:1]: in slot 7629. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
> digests
n1: digest 3, equal at 2, 0 given up, digest 3: another merged state on node 2
n3: digest 3, equal at 3, 0 given up, digest 3: another merged state on node 2
> start 2
node 2 does not start: the state of this node differed from that of a majority at the digest at index 3, and it stopped for that: the log lines of its former start name the slot and the position. The other members go on while they are a majority. Check the memory and the disk of this machine. Hint: start the node with --discard-state: it keeps its log, its votes and its id, and takes the state from the others
> n1.a set o v
> run 100
n1.a set o v → OK
