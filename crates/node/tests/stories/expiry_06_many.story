# A thousand keys fall due together: all are dead at once, and reclaimed in pieces.
> cluster 3 linearizable
> settle
> n1.a fill k 1000 60000
1000 of 1000 done
> n1.a set stays v
> run 50
n1.a set stays v → OK
> status
n1: boot 1, formed, ready, keys 1001, vector []
n2: boot 1, formed, ready, keys 1001, vector []
n3: boot 1, formed, ready, keys 1001, vector []
> run 40000
> n2.b exists k1 k500 k1000 stays
> run 50
n2.b exists k1 k500 k1000 stays → 1
> status
n1: boot 1, formed, ready, keys 1, vector []
n2: boot 1, formed, ready, keys 1, vector []
n3: boot 1, formed, ready, keys 1, vector []
> memory
n1: agreed 70, no limit set
n2: agreed 70, no limit set
n3: agreed 70, no limit set
# What is flushed needs nothing to reclaim it.
> n1.a certify
> n1.a set k v PX 3000
> run 50
n1.a set k v PX 3000 → OK   at 1008.0, by nothing
> n2.b flushall
> run 4000
n2.b flushall → OK
> n1.a get k
> run 50
n1.a get k → nil   at 1009.0, by nothing
