# Where all disks are full nothing is written, reads go on, and nobody leads instead of somebody else.
> cluster 3 linearizable
> settle
> run 1000
> n3.c set k 1
> settle
n3.c set k 1 → OK
> full 1
n1: the disk is full
> full 2
n2: the disk is full
> full 3
n3: the disk is full
> n1.a set k lost
n1 hands over to n2
n1.a set k lost → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> n2.b set k lost
n2.b set k lost → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> n2.b get k
> n3.c get k
> run 5000
n2.b get k → 1
n3.c get k → 1
# A new leader opens its term all the same: that much fits.
> crash 1
> run 3000
> n2.b get k
> run 200
n2.b get k → 1
> start 1
> settle
> full 1
n1: the disk is full
> free 2
n2: the disk has room
> free 3
n3: the disk has room
> n2.b set k 2
> run 3000
n2.b set k 2 → OK
