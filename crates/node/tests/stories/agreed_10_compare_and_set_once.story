# A compare-and-set that is sent twice runs once: if it ran again it would see its own value and say that it failed.
> cluster 3 sequential
> settle
> n1.a set k 0
> settle
n1.a set k 0 → OK
> n2.b certify
> n2.b set k 1 ifeq 0
> run 10
> crash 1
> settle
n2.b set k 1 ifeq 0 → OK   at 3.0, by 2.0
> start 1
> settle
> n1.a get k
n1.a get k → 1
# One that found no majority is unknown; it may happen later, once.
> cut 3 1
> cut 3 2
> n3.c set k 2 ifeq 1
> n3.c set k 3 ifeq 2
> run 4000
n3.c set k 2 ifeq 1 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
n3.c set k 3 ifeq 2 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
> heal
> settle
> run 100
> n1.a get k
n1.a get k → 3
> n3.d get k
n3.d get k → 3
