# Counters survive a crash, from the log and from a snapshot.
> cluster 2 causal
> keep 1000
> settle
> n1.a set k 10
> settle
n1.a set k 10 → OK
> n1.a incr k
> n2.b incrby k 100
> n2.b decr new
> n1.a incr new
> settle
n1.a incr k → 11
n2.b incrby k 100 → 110
n1.a incr new → 1
n2.b decr new → -1
> n1.a del gone
> n1.a incr gone
> settle
n1.a del gone → 0
n1.a incr gone → 1
> crash 2
> start 2
> settle
> n2.b get k
n2.b get k → 111
> n2.b get new
n2.b get new → 0
> snapshot 2
> run 200
n2: snapshot 1 is in place
> snapshot 2
> run 200
n2: snapshot 2 is in place
> forget 2
> crash 2
> start 2
> settle
> n2.b get k
n2.b get k → 111
> n2.b get new
n2.b get new → 0
> n2.b get gone
n2.b get gone → 1
> n1.a incr k
> n2.b incr k
> n2.b incr gone
> settle
n2.b incr k → 112
n1.a incr k → 112
n2.b incr gone → 2
> n1.a get k
n1.a get k → 113
> n2.b get k
n2.b get k → 113
> n1.a get gone
n1.a get gone → 2
> status
n1: boot 1, formed, ready, keys 3, vector [1.1:6 2.3:2]
n2: boot 3, formed, ready, keys 3, vector [1.1:6 2.3:2]
