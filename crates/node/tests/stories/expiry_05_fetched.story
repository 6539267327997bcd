# Who fetches the state of another has its deadlines and its time.
> cluster 3 linearizable
> keep 0
> settle
> crash 3
> n1.a set goes v PX 1000
> n1.a set stays v EX 1000
> n1.a set other v
> settle
n1.a set goes v PX 1000 → OK
n1.a set stays v EX 1000 → OK
n1.a set other v → OK
> snapshot 1
> run 50
n1: snapshot 1 is in place
> snapshot 1
> run 50
n1: snapshot 2 is in place
> forget 1
> snapshot 2
> run 50
n2: snapshot 1 is in place
> snapshot 2
> run 50
n2: snapshot 2 is in place
> start 3
> settle
n3 fetches the state of n2
n3 has the state of n2, up to 3
> n3.c get goes sequential
n3.c get goes sequential → v
> n3.c pttl stays
> settle
n3.c pttl stays → 999950
> run 1200
> n3.c get goes sequential
n3.c get goes sequential → nil
> n3.c ttl stays
> settle
n3.c ttl stays → 998
> digests 500 100
> run 3000
> digests
n1: digest 5, equal at 5, 0 given up, no alarm
n2: digest 5, equal at 5, 0 given up, no alarm
n3: digest 5, equal at 5, 0 given up, no alarm
