# How old an id is, the time in the log says, the same on every node.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n1.a certify
> n1.a once 1000-a incr k
> settle
n1.a once 1000-a incr k → 1   at 2.0, by nothing
# Ahead of it by more than clocks may differ: it does not run. A little later it may.
> n1.a once 3000-b incr k
> settle
n1.a once 3000-b incr k → CLOCKSKEW the id of ONCE is ahead of the time in the log by more than clocks may differ; the command did not run. Hint: look at the clock of this client, and that the id begins with milliseconds
> run 3000
> n1.a once 3000-b incr k
> settle
n1.a once 3000-b incr k → 2   at 4.0, by 2.0
# A clock that is wrong says nothing.
> clock 3 3600000
> run 1000
n3's clock is off: n1 -3600 s, n2 -3600 s
> n3.c certify
> n3.c once 1000-a incr k
> settle
n3.c once 1000-a incr k → 1   at 2.0, by nothing
> n3.c get k sequential
n3.c get k sequential → 2   at 5.0, by 4.0
> settle
> clock 3 0
> run 1000
n3's clock agrees: n1 +0 s, n2 +0 s
# After ten minutes nobody knows any more, and nothing runs.
> run 600000
> n2.b once 1000-a incr k
> n2.b once 900-never incr k
> settle
n2.b once 1000-a incr k → INDETERMINATE the id of ONCE is older than ids are kept: the command does not run now, and nobody knows whether it ran before. Read before you send it under a new id
n2.b once 900-never incr k → INDETERMINATE the id of ONCE is older than ids are kept: the command does not run now, and nobody knows whether it ran before. Read before you send it under a new id
> n1.a once 600000-c incr k
> settle
n1.a once 600000-c incr k → 3   at 9.0, by 4.0
> n1.a get k
> settle
n1.a get k → 3   at 9.0, by 9.0
# What is too old stays so, where ids are kept for longer from now on.
> n1.a once-limits 3600000 - -
> settle
n1.a once-limits 3600000 - - → OK   at 10.0
> n2.b once 1000-a incr k
> settle
n2.b once 1000-a incr k → INDETERMINATE the id of ONCE is older than ids are kept: the command does not run now, and nobody knows whether it ran before. Read before you send it under a new id
