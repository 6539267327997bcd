# The same in the merged order: no writes, no entries of others, and all of them once there is room.
> cluster 3 eventual
> settle
> full 2
n2: the disk is full
> n2.b set k lost
n2.b set k lost → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> n1.a set k 1
> n3.c set j 1
> run 3000
n1.a set k 1 → OK
n3.c set j 1 → OK
> n2.b get k
n2.b get k → nil
> n2.b get j
n2.b get j → nil
> free 2
n2: the disk has room
> settle
> n2.b get k
n2.b get k → 1
> n2.b get j
n2.b get j → 1
> n2.b set k 2
> settle
n2.b set k 2 → OK
> n1.a get k
n1.a get k → 2
