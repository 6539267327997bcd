# A node whose disk is full takes no writes and goes on reading; the others go on without it.
> cluster 3 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> full 2
n2: the disk is full
> n2.b set k lost
n2.b set k lost → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> n2.b get k sequential
n2.b get k sequential → 1
> n2.b get k
> settle
n2.b get k → 1
> n1.a set k 2
> run 100
n1.a set k 2 → OK
# What the others write it cannot keep, so it cannot show it: a read that must see it is refused at once.
> n2.b get k sequential
n2.b get k sequential → 1
> n2.b get k
> run 100
n2.b get k → MISCONF the disk of this node is full: it has no room for what this read must see; the read did not run. Free some room, ask another node, or read at a weaker level
> n3.c get k
> run 100
n3.c get k → 2
# With room again it catches up by itself.
> free 2
n2: the disk has room
> settle
> n2.b get k
> n2.b set k 3
> settle
n2.b get k → 2
n2.b set k 3 → OK
# A read that waits for what is on its way when the disk fills up is refused when that comes; one that nobody confirms, in time.
> hold 1 2
> n1.a set k 4
> run 100
n1.a set k 4 → OK
> release 1 2
> n2.b get k
> full 2
n2: the disk is full
> run 100
n2.b get k → MISCONF the disk of this node is full: it has no room for what this read must see; the read did not run. Free some room, ask another node, or read at a weaker level
> cut 1 2
> cut 3 2
> n2.c get k
> run 3000
n2.c get k → CLUSTERDOWN no majority confirmed in time what is committed, and the disk of this node is full; the read did not run. Free some room, or ask another node
> heal
> free 2
n2: the disk has room
> settle
> n2.b get k
> settle
n2.b get k → 4
