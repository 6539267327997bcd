# What agreed records may count is set by an entry, through any node; writes that grow are refused from there on.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n2.b set key value
> settle
n2.b set key value → OK
> memory
n1: agreed 72, no limit set
n2: agreed 72, no limit set
n3: agreed 72, no limit set
> n2.b maxmemory 72
> settle
n2.b maxmemory 72 → OK
> memory
n1: agreed 72, at most 72
n2: agreed 72, at most 72
n3: agreed 72, at most 72
# A key of 3 bytes and a value of 5 count 72: not more than there may be.
> n3.c set k v
> settle
n3.c set k v → OK
> n1.a set other 1
> n1.a append k more
> n1.a set k 1 xx get
> settle
n1.a set other 1 → OOM command not allowed when used memory > 'maxmemory'.
n1.a append k more → OOM command not allowed when used memory > 'maxmemory'.
n1.a set k 1 xx get → OOM command not allowed when used memory > 'maxmemory'.
> n1.a get k
> n1.a get other
> settle
n1.a get k → v
n1.a get other → nil
# Removals go on, and make room.
> n2.b getdel key
> settle
n2.b getdel key → value
> n2.b set k 1 xx get
> settle
n2.b set k 1 xx get → v
> memory
n1: agreed 66, at most 72
n2: agreed 66, at most 72
n3: agreed 66, at most 72
# A limit that is greater lets writes in again, none at all too.
> n3.c maxmemory 200
> n3.c set other 1
> settle
n3.c maxmemory 200 → OK
n3.c set other 1 → OK
> n3.c maxmemory 0
> n3.c set another 1
> settle
n3.c maxmemory 0 → OK
n3.c set another 1 → OK
> memory
n1: agreed 208, at most 0
n2: agreed 208, at most 0
n3: agreed 208, at most 0
