# The greatest stamp in the log is the floor of the clock after a start: what was seen before still loses.
> cluster 1 eventual
> settle
> clock 1 60000
> n1.a set k before
> settle
n1.a set k before → OK
> crash 1
> clock 1 0
> start 1
> settle
> n1.a certify
> n1.a set k after
> settle
n1.a set k after → OK   at [1.2:1], is 1.2:1.0
> n1.a get k
n1.a get k → after   at [1.2:1], by 1.2:1.0
