# A connection to the leader broke, but the leader lives and the others hear it. They refuse, and all goes on in the same term.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
> part 2 1
> n2.b set k 1
> run 100
n2.b set k 1 → OK
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
# The same at the one that would come second.
> part 3 1
> n3.c set k 2
> run 100
n3.c set k 2 → OK
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
# Again and again, also where no message of the leader gets through: it cannot win, and nobody else is disturbed.
> cut 2 1
> part 2 1
> run 700
> n3.c set k 3
> run 100
n3.c set k 3 → OK
> part 2 1
> run 700
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
> heal
> n2.b get k
> settle
n2.b get k → 3
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
