# A command that the leader did not live to answer is sent again at another node: it runs once, whoever leads.
> cluster 3 linearizable
> settle
> leader
n1 leads
# Its entry is on all disks, and its leader is gone before it can say so.
> n1.a once 1000-a incr k
> run 10
> crash 1
> settle
> n2.b certify
> n2.b once 1000-a incr k
> settle
n2.b once 1000-a incr k → 1   at 2.0, by nothing
> n3.c once 1000-a incr k
> n3.c get k
> settle
n3.c once 1000-a incr k → 1
n3.c get k → 1
# Here it is not known to anybody else, and runs where it is sent again.
> start 1
> settle
> leader
n2 leads
> cut 2 1
> cut 2 3
> n2.b once 2000-b incr k
> run 10
> crash 2
> heal
> settle
> n3.c once 2000-b incr k
> settle
n3.c once 2000-b incr k → 2
> start 2
> settle
> n2.d once 2000-b incr k
> n2.d get k
> settle
n2.d once 2000-b incr k → 2
n2.d get k → 2
# What was sent first comes last: that is the second time.
> leader
n3 leads
> hold 1 3
> n1.e once 1500-c incr k
> run 10
> n3.c once 1500-c incr k
> run 100
n3.c once 1500-c incr k → 3
> release 1 3
> settle
n1.e once 1500-c incr k → 3
> n3.c get k
> settle
n3.c get k → 3
