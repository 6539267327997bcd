# A node that lost its state has increments in its log beyond it: they count once, behind the state
# of another node.
> cluster 3 causal
> keep 1000
> settle
> n1.a set k 10
> settle
n1.a set k 10 → OK
> n3.c incr k
> n1.a incrby k 5
> settle
n1.a incrby k 5 → 15
n3.c incr k → 11
> snapshot 3
> run 200
n3: snapshot 1 is in place
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> n3.c incrby k 100
> n1.a incrby k 1000
> settle
n1.a incrby k 1000 → 1016
n3.c incrby k 100 → 116
> n3.c get k
n3.c get k → 1116
> snapshot 1
> snapshot 2
> run 200
n1: snapshot 1 is in place
n2: snapshot 1 is in place
> cut 3 1
> cut 3 2
> n3.c incrby k 10000
> run 50
n3.c incrby k 10000 → 11116
> crash 3
> heal
> start 3 discard
> run 20
> n1.a incr k
> run 3000
n1.a incr k → 1117
n3 fetches the state of n2
n3 has the state of n2, up to 1
n3 fetches the state of n1
n3 has the state of n1
n3: the state is back
n3: snapshot 3 is in place
> settle
> n3.c get k
n3.c get k → 11117
> n1.a get k
n1.a get k → 11117
> n2.b get k
n2.b get k → 11117
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:4 3.1:3]
n2: boot 1, formed, ready, keys 1, vector [1.1:4 3.1:3]
n3: boot 2, formed, ready, keys 1, vector [1.1:4 3.1:3]
