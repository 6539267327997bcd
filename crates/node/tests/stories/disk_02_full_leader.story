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
# Its last write waits for room while the others have it. It is committed, and cannot be shown here: the refusal names the disk.
> run 1000
> leader
n2 leads
> stall 2
> n2.b set k 3
> run 30
> full 2
n2: the disk is full
> n2.c get k
n2 hands over to n1
> run 3000
n2.b set k 3 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
n2.c get k → MISCONF the disk of this node is full: it has no room for what this read must see; the read did not run. Free some room, ask another node, or read at a weaker level
> n1.a get k
> run 100
n1.a get k → 3
> unstall 2
> free 2
n2: the disk has room
> settle
> n2.b get k
> settle
n2.b get k → 3
