# Cut off from the majority, a node serves what it has at the weak levels, and refuses the rest in time.
> cluster 3 linearizable
> settle
> n1.a set k old
> settle
n1.a set k old → OK
> cut 3 1
> cut 3 2
> n3.c get k sequential
n3.c get k sequential → old
> n3.d get k
> n3.e set k lost
> run 3000
n3.e set k lost → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
n3.d get k → CLUSTERDOWN no majority confirmed in time what is committed; the read did not run
# Writes that were sent and not answered are unknown; the majority goes on.
> n2.b set k new
> run 3000
n2.b set k new → OK
> n2.b get k
> run 100
n2.b get k → new
# Healed, the unanswered write runs after all, once, and late.
> heal
> settle
> n3.c get k
> settle
n3.c get k → lost
