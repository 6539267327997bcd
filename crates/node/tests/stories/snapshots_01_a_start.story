# A start begins with the newest snapshot, and goes on with the log behind it.
> cluster 1 linearizable
> settle
> n1.a set a 1
> n1.a set b 1
> n1.a certify
> run 50
n1.a set a 1 → OK
n1.a set b 1 → OK
> snapshot 1
> run 50
n1: snapshot 1 is in place
> n1.a set a 2
> run 50
n1.a set a 2 → OK   at 4.0
> crash 1
> start 1
> settle
> n1.a get a
n1.a get a → 2
> n1.a get b
n1.a get b → 1
> run 50
> status
n1: boot 2, formed, ready, keys 2, vector []
# With two snapshots, the log before the older one may go.
> snapshot 1
> run 50
n1: snapshot 2 is in place
> forget 1
> n1.a set c 1
> run 50
n1.a set c 1 → OK
> crash 1
> start 1
> settle
> n1.a certify
> n1.a get a
n1.a get a → 2   at 7.0, by 4.0
> n1.a get b
n1.a get b → 1   at 7.0, by 3.0
> n1.a get c
n1.a get c → 1   at 7.0, by 6.0
> run 50
# If the newest one is damaged, the one before it is taken.
> rot 1
> crash 1
> start 1
n1: snapshot 2 cannot be read
> settle
> n1.a get a
n1.a get a → 2
> n1.a get c
n1.a get c → 1
> run 50
# No number is used again.
> snapshot 1
> run 50
n1: snapshot 3 is in place
