# What has run once is known after a start from a snapshot, and in a state that was fetched.
> cluster 3 linearizable
> keep 1000
> settle
> leader
n1 leads
> n1.a certify
> n1.a once 1000-a incr k
> n1.a once 1000-b incr k
> settle
n1.a once 1000-a incr k → 1   at 2.0, by nothing
n1.a once 1000-b incr k → 2   at 3.0, by 2.0
> snapshot 3
> run 50
n3: snapshot 1 is in place
> snapshot 3
> run 50
n3: snapshot 2 is in place
> forget 3
> crash 3
> start 3
> settle
# Node 2 fetches that of the leader.
> crash 2
> n3.c fill key 30
30 of 30 done
> start 2
> settle
n1 reads its log on disk
> n3.c certify
> n3.c once 1000-a incr k
> n3.c once 1000-c incr k
> settle
n3.c once 1000-a incr k → 1   at 2.0, by nothing
n3.c once 1000-c incr k → 3   at 34.1, by 3.0
> n2.b once 1000-b incr k
> settle
n2.b once 1000-b incr k → 2
> n2.d get k sequential
n2.d get k sequential → 3
> n3.d get k sequential
n3.d get k sequential → 3
> settle
> digests 100 1000
> n1.a set more 1
> run 500
n1.a set more 1 → OK   at 37.0
> digests
n1: digest 38, equal at 38, 0 given up, no alarm
n2: digest 38, equal at 38, 0 given up, no alarm
n3: digest 38, equal at 38, 0 given up, no alarm
# After the leader is gone, they decide.
> crash 1
> settle
> n2.b once 1000-a incr k
> n3.c once 1000-c incr k
> settle
n2.b once 1000-a incr k → 1
n3.c once 1000-c incr k → 3   at 34.1, by 3.0
> n3.c get k
> settle
n3.c get k → 3   at 42.0, by 34.1
# A command that a fetched state holds is answered from what is remembered, where any other is not known to have run.
> cluster 3 sequential
> keep 1000
> settle
> hold 1 3
> n3.c certify
> n3.c set own 1
> n3.c once 1000-a incr k
> run 50
> cut 1 3
> release 1 3
> n1.a flood 60
60 of 60 done in 6 ms, in 24 entries; log time went on by 2 ms
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> heal
> run 1500
n3 fetches the state of n1
n3.c set own 1 → INDETERMINATE the write was sent, and this node has fetched a state in which it may have run or not: read before you retry
n3.c once 1000-a incr k → 1   at 2.1, by nothing
n3 has the state of n1, up to 62
> settle
> n3.c get k
n3.c get k → v   at 62.0, by 62.0
> run 100
