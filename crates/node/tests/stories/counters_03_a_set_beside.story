# A SET that wins takes along what had not seen it. What saw it counts, wherever it came from.
> cluster 3 causal
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> cut 1 2
> cut 1 3
> n1.a incrby k 10
> n2.b incrby k 100
> run 50
n1.a incrby k 10 → 11
n2.b incrby k 100 → 101
> n2.b set k 1000
> run 50
n2.b set k 1000 → OK
> n3.c incr k
> run 50
n3.c incr k → 1001
> n1.a get k
n1.a get k → 11
> n3.c get k
n3.c get k → 1001
> heal
> settle
> n1.a get k
n1.a get k → 1001
> n2.b get k
n2.b get k → 1001
> n3.c get k
n3.c get k → 1001
# One that loses takes nothing along: what counts saw the other.
> cut 1 2
> cut 1 3
> clock 1 100
> n1.a set k 5
> run 20
n1.a set k 5 → OK
> n1.a incr k
> n2.b set k 7
> run 20
n1.a incr k → 6
n2.b set k 7 → OK
> n2.b incr k
> run 50
n2.b incr k → 8
> n1.a get k
n1.a get k → 6
> n2.b get k
n2.b get k → 8
> heal
> settle
> n1.a get k
n1.a get k → 6
> n2.b get k
n2.b get k → 6
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:4 2.1:4 3.1:1]
n2: boot 1, formed, ready, keys 1, vector [1.1:4 2.1:4 3.1:1]
n3: boot 1, formed, ready, keys 1, vector [1.1:4 2.1:4 3.1:1]
