# A transaction sees what own entries on their way to the disk will leave, also where increments of others have brought the sum beyond
# 64 bits meanwhile: they count all the same.
> cluster 2 causal
> settle
> n1.a set k 9223372036854775802
> settle
n1.a set k 9223372036854775802 → OK
> stall 1
> n2.a incrby k 3
> run 20
n2.a incrby k 3 → 9223372036854775805
> n1.a incrby k 5
> run 50
> sync 1
> n1.b get k
n1.b get k → 9223372036854775805
> n1.b exec get k ; incrby k -1 ; incrby k -9 ; get k
> run 50
> unstall 1
> settle
n1.a incrby k 5 → 9223372036854775807
n1.b exec get k ; incrby k -1 ; incrby k -9 ; get k → [ERR increment or decrement would overflow: increments of several nodes have brought this counter beyond 64 bits. Hint: DECRBY or INCRBY it back, or SET it, ERR increment or decrement would overflow, 9223372036854775801, 9223372036854775801]
> n1.b get k
n1.b get k → 9223372036854775801
> n2.b get k
n2.b get k → 9223372036854775801
