# An increment of what is no number is refused before it is in any entry.
> cluster 2 causal
> settle
> n1.a set k text
> n1.a incr k
> n1.a set k 5
> n1.a incr k
> n1.a set k text
> run 50
n1.a set k text → OK
n1.a incr k → ERR value is not an integer or out of range
n1.a set k 5 → OK
n1.a incr k → 6
n1.a set k text → OK
> n1.a get k
n1.a get k → text
> n2.b incr k
n2.b incr k → ERR value is not an integer or out of range
> run 50
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:2]
n2: boot 1, formed, ready, keys 1, vector [1.1:2]
> n1.a set k 9223372036854775807
> run 50
n1.a set k 9223372036854775807 → OK
> n1.a incr k
n1.a incr k → ERR increment or decrement would overflow
> n1.a decr k
> n1.a incr k
> n1.a incr k
> run 50
n1.a decr k → 9223372036854775806
n1.a incr k → ERR increment or decrement would overflow
n1.a incr k → 9223372036854775807
> n2.b get k
n2.b get k → 9223372036854775807
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:5]
n2: boot 1, formed, ready, keys 1, vector [1.1:5]
# What two replicas bring beyond 64 bits cannot be read, and can be brought back.
> cut 1 2
> n1.a decrby k 5
> run 20
n1.a decrby k 5 → 9223372036854775802
> n1.a incrby k 5
> n2.b decrby k 3
> run 20
n1.a incrby k 5 → 9223372036854775807
n2.b decrby k 3 → 9223372036854775804
> n2.b incrby k 2
> n2.b set half 9223372036854775800
> run 50
n2.b incrby k 2 → 9223372036854775806
n2.b set half 9223372036854775800 → OK
> heal
> settle
> n2.b get half
n2.b get half → 9223372036854775800
> cut 1 2
> n1.a incrby half 7
> n2.b incrby half 7
> run 50
n1.a incrby half 7 → 9223372036854775807
n2.b incrby half 7 → 9223372036854775807
> heal
> settle
> n1.a get half
n1.a get half → ERR increment or decrement would overflow: increments of several nodes have brought this counter beyond 64 bits. Hint: DECRBY or INCRBY it back, or SET it
> n1.a mget half k
n1.a mget half k → ERR increment or decrement would overflow: increments of several nodes have brought this counter beyond 64 bits. Hint: DECRBY or INCRBY it back, or SET it
> n1.a strlen half
n1.a strlen half → 19
> n1.a exists half
n1.a exists half → 1
> n1.a incr half
n1.a incr half → ERR increment or decrement would overflow
> n1.a decrby half 8
> settle
n1.a decrby half 8 → 9223372036854775806
> n1.a get half
n1.a get half → 9223372036854775806
> n2.b get half
n2.b get half → 9223372036854775806
> n2.b get k
n2.b get k → 9223372036854775806
