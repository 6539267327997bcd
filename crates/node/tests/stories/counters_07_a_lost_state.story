# A node that lost its state has increments in its log beyond it: they count once, behind the state
# of another node.
> cluster 3 causal
> keep 1000
> settle
> n1.a set k 10
> settle
> n3.c incr k
> n1.a incrby k 5
> settle
> snapshot 3
> run 200
> snapshot 3
> run 200
> forget 3
> n3.c incrby k 100
> n1.a incrby k 1000
> settle
> n3.c get k
> snapshot 1
> snapshot 2
> run 200
> cut 3 1
> cut 3 2
> n3.c incrby k 10000
> run 50
> crash 3
> heal
> start 3 discard
> run 20
> n1.a incr k
> run 3000
> settle
> n3.c get k
> n1.a get k
> n2.b get k
> status
