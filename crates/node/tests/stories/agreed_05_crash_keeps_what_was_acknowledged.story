# What was acknowledged is there after a crash of all.
> cluster 3 linearizable
> settle
> n1.a set k kept
> settle
n1.a set k kept → OK
> crash 1
> crash 2
> crash 3
> start 1
> start 2
> start 3
# A restarted node serves nothing above eventual before a quorum confirmed what is committed.
> n2.b get k sequential
> n2.e get k eventual
> settle
n2.e get k eventual → nil
n2.b get k sequential → kept
> n3.c get k
> settle
n3.c get k → kept
> status
n1: boot 2, formed, ready, keys 1, vector []
n2: boot 2, formed, ready, keys 1, vector []
n3: boot 2, formed, ready, keys 1, vector []
