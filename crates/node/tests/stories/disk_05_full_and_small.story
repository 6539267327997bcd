# A full disk takes no snapshot by itself, but one that the driver wants, who sees that the state has room: it lets the log go.
> cluster 1 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> full 1
n1: the disk is full
> n1.a set k 2
n1.a set k 2 → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> run 100
> snapshot 1
> run 100
> snapshot 1 though full
> run 100
n1: snapshot 1 is in place
> free 1
n1: the disk has room
> settle
> n1.a set k 3
> settle
n1.a set k 3 → OK
> n1.a get k
n1.a get k → 3
> settle
