# A write that a fetched state may hold is answered with neither yes nor no.
> cluster 3 sequential
> keep 1000
> settle
> hold 1 3
> n3.c set own 1
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
n3 has the state of n1, up to 62
> settle
> n3.c get own
n3.c get own → 1
> run 100
> status
n1: boot 1, formed, ready, keys 2, vector []
n2: boot 1, formed, ready, keys 2, vector []
n3: boot 1, formed, ready, keys 2, vector []
