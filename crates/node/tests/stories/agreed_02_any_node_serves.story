# Three nodes; any of them takes writes and serves reads at every level of the agreed order.
> cluster 3 linearizable
> settle
> n1.a set k one
> settle
n1.a set k one → OK
> n2.b get k
> n3.c get k sequential
n3.c get k sequential → one
> n3.d get k eventual
n3.d get k eventual → one
> settle
n2.b get k → one
> n3.c set k two
> settle
n3.c set k two → OK
> n1.a get k
> n2.b get k causal
n2.b get k causal → two
> settle
n1.a get k → two
