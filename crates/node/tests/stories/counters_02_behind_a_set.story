# A SET and increments behind it, in one turn and while the first is on its way to the disk.
> cluster 2 causal
> settle
> n1.a certify
> n1.a set k 5
> n1.a incr k
> n1.a del k
> n1.a incrby k 3
> run 50
n1.a set k 5 → OK   at [1.1:1], is 1.1:1.0
n1.a incr k → 6   at [1.1:2], by 1.1:1.0, is 1.1:2.0
n1.a del k → 1   at [1.1:2], is 1.1:2.1
n1.a incrby k 3 → 3   at [1.1:2], by 1.1:2.1, is 1.1:2.2
> n2.b get k
n2.b get k → 3
> stall 1
> n1.a set k 70
> run 30
> n1.c incr k
> run 30
# What another replica writes meanwhile this increment has not seen, though its SET is the higher.
> n2.b get k
n2.b get k → 3
> unstall 1
> run 50
n1.a set k 70 → OK   at [1.1:3], is 1.1:3.0
n1.c incr k → 71
> n1.a get k
n1.a get k → 71   at [1.1:4], by 1.1:3.0
> n2.b get k
n2.b get k → 71
> stall 1
> n1.c incr k
> run 30
> n2.b set k 200
> run 30
n2.b set k 200 → OK
> unstall 1
> run 100
n1.c incr k → 72
> n1.a get k
n1.a get k → 200   at [1.1:5 2.1:1], by 2.1:1.0
> n2.b get k
n2.b get k → 200
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:5 2.1:1]
n2: boot 1, formed, ready, keys 1, vector [1.1:5 2.1:1]
