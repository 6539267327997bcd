# A key that is dead stays dead after a start, and one that has a deadline keeps it, also by a snapshot.
> cluster 1 linearizable
> settle
> n1.a set stays v EX 100
> n1.a set goes v PX 100
> run 50
n1.a set stays v EX 100 → OK
n1.a set goes v PX 100 → OK
> n1.a set other v
> run 60
n1.a set other v → OK
> clock 1 -3600000
> n1.a set other w
> run 20
n1.a set other w → OK
> n1.a get goes
n1.a get goes → nil
> run 10
> snapshot 1
> run 50
n1: snapshot 1 is in place
> snapshot 1
> run 50
n1: snapshot 2 is in place
> forget 1
> crash 1
> start 1
> settle
> n1.a get goes
n1.a get goes → nil
> n1.a get stays
n1.a get stays → v
> n1.a exists goes stays
n1.a exists goes stays → 1
> settle
> n1.a pexpiretime stays
n1.a pexpiretime stays → 1700000101040
> settle
> memory
n1: agreed 140, no limit set
> run 1000
> memory
n1: agreed 140, no limit set
> status
n1: boot 2, formed, ready, keys 2, vector []
# So does one whose deadline stands in the log behind the snapshot.
> n1.a pexpire stays 100
> run 1000
n1.a pexpire stays 100 → 1
> n1.a get stays
n1.a get stays → nil
> settle
> crash 1
> start 1
> settle
> n1.a get stays
n1.a get stays → nil
> n1.a ttl other
n1.a ttl other → -1
> settle
