# A write is answered when a majority has it on disk, even if the disk of one stands still.
> cluster 3 linearizable
> settle
> stall 2
> n1.a set k 1
> run 100
n1.a set k 1 → OK
> n3.c get k
> run 100
n3.c get k → 1
# Two disks that stand still are no majority.
> stall 3
> n1.a set k 2
> run 3000
n1.a set k 2 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
> unstall 2
> unstall 3
> settle
> n2.b get k
> settle
n2.b get k → 2
