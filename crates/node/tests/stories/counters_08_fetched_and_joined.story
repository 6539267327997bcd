# A replica that is far behind fetches a state and joins it, slice by slice; what both counted is
# the sum of both, from the first slice on.
> cluster 3 causal
> keep 1000
> joins 1 100
> settle
> n1.a set k 10
> n1.a set both 10
> n1.a set away 10
> settle
n1.a set k 10 → OK
n1.a set both 10 → OK
n1.a set away 10 → OK
> n3.c incr k
> settle
n3.c incr k → 11
> cut 1 3
> cut 2 3
> n1.a fill key 30
30 of 30 done
> n1.a incrby k 5
> n1.a incrby both 5
> n2.b incrby both 7
> n1.a incr there
> n1.a set away 1
> run 20
n1.a incrby k 5 → 16
n1.a incrby both 5 → 15
n1.a incr there → 1
n1.a set away 1 → OK
n2.b incrby both 7 → 17
> n1.a incr away
> n3.c incrby k 100
> n3.c incrby both 100
> n3.c incr here
> n3.c incr there
> n3.c incrby away 100
> run 100
n1.a incr away → 2
n3.c incrby k 100 → 111
n3.c incrby both 100 → 110
n3.c incr here → 1
n3.c incr there → 1
n3.c incrby away 100 → 110
> heal
> run 1500
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3 fetches the state of n1
n3 has the state of n1
> status
n1: boot 1, formed, ready, keys 35, vector [1.1:35 2.1:1 3.1:3]
n2: boot 1, formed, ready, keys 35, vector [1.1:35 2.1:1 3.1:3]
n3: boot 1, formed, ready, keys 8, vector [1.1:35 2.1:1 3.1:3], joins a state
> n3.c get k
n3.c get k → 116
> n3.c get both
n3.c get both → 122
> n3.c get here
n3.c get here → 1
> n3.c get there
n3.c get there → 2
> n3.c get away
n3.c get away → 2
> n3.c incr both
> n3.c incr there
> n3.d mget k both away
n3.d mget k both away → [116, 122, 2]
> n1.a incr k
> run 100
n1.a incr k → 117
n3.c incr both → 123
n3.c incr there → 3
> n3.c get both
n3.c get both → 123
> n3.c get k
n3.c get k → 117
> run 6000
> settle
> n1.a mget k both here there away
n1.a mget k both here there away → [117, 123, 1, 3, 2]
> n2.b mget k both here there away
n2.b mget k both here there away → [117, 123, 1, 3, 2]
> n3.c mget k both here there away
n3.c mget k both here there away → [117, 123, 1, 3, 2]
> status
n1: boot 1, formed, ready, keys 35, vector [1.1:36 2.1:1 3.1:5]
n2: boot 1, formed, ready, keys 35, vector [1.1:36 2.1:1 3.1:5]
n3: boot 1, formed, ready, keys 35, vector [1.1:36 2.1:1 3.1:5]
