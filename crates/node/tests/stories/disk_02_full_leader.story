# A leader whose disk is full hands over to a member that has room; its own clients are refused at once.
> cluster 3 linearizable
> settle
> run 1000
> n3.c set k 1
> settle
n3.c set k 1 → OK
> full 1
n1: the disk is full
> n1.a set k lost
n1 hands over to n2
n1.a set k lost → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> run 500
> n3.c set k 2
> n2.b get k
> run 200
n2.b get k → 1
n3.c set k 2 → OK
> free 1
n1: the disk has room
> settle
> n1.a get k
> settle
n1.a get k → 2
