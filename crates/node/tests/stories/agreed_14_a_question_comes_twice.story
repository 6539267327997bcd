# What a node asks its leader comes twice: once in time, and once more when that leader is cut off. An answer to the heartbeats of
# the first time, as late, says nothing of the second, and nothing of what was asked between them.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n1.a set k before
> settle
n1.a set k before → OK
> hold 2 1
> n2.b get k
> double 2 1
> hold 3 1
> release 2 1
> run 20
> double 3 1
> run 20
n2.b get k → before
# Another one leads, and n1 has not heard of it.
> cut 1 2
> cut 1 3
> part 2 1
> part 3 1
> run 80
> n3.c set k after
> run 60
n3.c set k after → OK
> terms
terms: n1 1, n2 2, n3 2
# n1 asks for itself, and what came before comes again.
> n1.a get k
> again 2 1
> again 3 1
> run 10
> terms
terms: n1 1, n2 2, n3 2
> heal
> release 3 1
> settle
n1.a get k → after
