# What flushes all keys ends the digest that goes on; the next one is taken again.
> cluster 3 linearizable
> settle
> n1.a fill k 40
40 of 40 done
> slow
> digests 500 1
> run 50
> n1.a flushall
> run 100
n1.a flushall → OK
> digests
n1: digest 0, equal at 0, 1 given up, no alarm
n2: digest 0, equal at 0, 1 given up, no alarm
n3: digest 0, equal at 0, 1 given up, no alarm
> n1.a set k v
> run 1000
n1.a set k v → OK
> digests
n1: digest 45, equal at 45, 1 given up, no alarm
n2: digest 45, equal at 45, 1 given up, no alarm
n3: digest 45, equal at 45, 1 given up, no alarm
