# A node that starts from a snapshot knows which keys came and went, and so does one that fetched it.
> cluster 3 linearizable
> keep 1000
> settle
> leader
n1 leads
> n1.a set here 1
> n1.a watch absent here
> n1.b watch absent
> run 50
n1.b watch absent → OK
n1.a set here 1 → OK
n1.a watch absent here → OK
> n2.b set absent 1
> n2.b del absent
> run 50
n2.b set absent 1 → OK
n2.b del absent → 1
# Node 3 starts from its own.
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
> n1.a exec set here 2
> n1.b exec set there 2
> settle
n1.a exec set here 2 → nil
n1.b exec set there 2 → nil
> digests 100 1000
> n1.a set more 1
> run 500
n1.a set more 1 → OK
> digests
n1: digest 38, equal at 38, 0 given up, no alarm
n2: digest 38, equal at 38, 0 given up, no alarm
n3: digest 38, equal at 38, 0 given up, no alarm
> n2.d get here
> n3.d exists there
> settle
n2.d get here → 1
n3.d exists there → 0
# After the leader is gone, they decide.
> crash 1
> settle
> n3.d watch absent
> run 50
> n2.b set absent 1
> n2.b del absent
> run 50
n3.d watch absent → OK
n2.b set absent 1 → OK
n2.b del absent → 1
> n3.d exec set here 4
> run 50
n3.d exec set here 4 → nil
> n3.d get here
> run 50
n3.d get here → 1
