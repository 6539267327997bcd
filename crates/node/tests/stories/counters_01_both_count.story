# Two replicas that do not hear of each other both count, and neither increment is lost.
> cluster 3 causal
> settle
> n1.a set k 10
> settle
n1.a set k 10 → OK
> cut 1 2
> cut 1 3
> n1.a certify
> n2.b certify
> n1.a incr k
> n1.a incrby k 4
> n2.b incr k
> run 20
n1.a incr k → 11   at [1.1:2], by 1.1:1.0, is 1.1:2.0
n2.b incr k → 11   at [1.1:1 2.1:1], by 1.1:1.0, is 2.1:1.0
n1.a incrby k 4 → 15   at [1.1:3], by 1.1:1.0, is 1.1:3.0
> n2.b decrby k 3
> run 100
n2.b decrby k 3 → 8   at [1.1:1 2.1:2], by 1.1:1.0, is 2.1:2.0
> n1.a get k
n1.a get k → 15   at [1.1:3], by 1.1:1.0
> n2.b get k
n2.b get k → 8   at [1.1:1 2.1:2], by 1.1:1.0
> heal
> settle
> n1.a get k
n1.a get k → 13   at [1.1:3 2.1:2], by 1.1:1.0
> n2.b get k
n2.b get k → 13   at [1.1:3 2.1:2], by 1.1:1.0
> n3.c get k
n3.c get k → 13
> n3.c strlen k
n3.c strlen k → 2
> n3.c exists k
n3.c exists k → 1
# One that nobody set counts from 0, and one that comes to 0 is there.
> n1.a incr new
> n2.b decr new
> settle
n1.a incr new → 1   at [1.1:4 2.1:2], by nothing, is 1.1:4.0
n2.b decr new → -1   at [1.1:3 2.1:3], by nothing, is 2.1:3.0
> n3.c get new
n3.c get new → 0
> status
n1: boot 1, formed, ready, keys 2, vector [1.1:4 2.1:3]
n2: boot 1, formed, ready, keys 2, vector [1.1:4 2.1:3]
n3: boot 1, formed, ready, keys 2, vector [1.1:4 2.1:3]
# What a sum of fractions should be nobody can merge.
> n1.a incrbyfloat k 0.5
n1.a incrbyfloat k 0.5 → CONSISTENCY the keyspace default is merged: INCRBYFLOAT needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
