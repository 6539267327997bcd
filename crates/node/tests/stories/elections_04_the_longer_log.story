# The first in rank lacks what the other one has acknowledged, so it cannot win. The other one does not wait for its turn.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> hold 1 2
> n3.c set k 1
> run 50
n3.c set k 1 → OK
> vanish 1
> part 2 1
> part 3 1
> run 80
> leader
n3 leads
# Of several with a longer log one stands before the others.
> cluster 5 linearizable
> settle
> run 1000
> leader
n1 leads
> hold 1 2
> n3.c set k 1
> run 50
n3.c set k 1 → OK
> vanish 1
> part 2 1
> part 3 1
> part 4 1
> part 5 1
> run 80
> leader
n3 leads
> terms
terms: n2 2, n3 2, n4 2, n5 2
