# Right after a start, reads of one connection answer in their order: none from an older state than one asked before it.
> cluster 3 sequential
> settle
> crash 3
> n1.a set k old
> settle
n1.a set k old → OK
> start 3
> run 20
> stall 3
> run 150
> n1.a set k new
> run 10
> cut 1 3
> run 40
n1.a set k new → OK
> heal
# The first waits for a round, which tells of the new value. Then the disk brings the node as far as the old one.
> n3.c get k
> run 50
> unstall 3
> run 10
> n3.c get k
> run 10
> n3.c get k
> settle
n3.c get k → new
n3.c get k → new
n3.c get k → new
