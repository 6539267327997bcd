# The state of all members is compared now and then, if something was written.
> cluster 3 linearizable
> settle
> digests 500 1024
> n1.a fill k 20
20 of 20 done
> run 600
> digests
n1: digest 23, equal at 23, 0 given up, no alarm
n2: digest 23, equal at 23, 0 given up, no alarm
n3: digest 23, equal at 23, 0 given up, no alarm
# Nothing was written since.
> run 2000
> digests
n1: digest 23, equal at 23, 0 given up, no alarm
n2: digest 23, equal at 23, 0 given up, no alarm
n3: digest 23, equal at 23, 0 given up, no alarm
> n2.a del k1 k2
> run 600
n2.a del k1 k2 → 2
> digests
n1: digest 25, equal at 25, 0 given up, no alarm
n2: digest 25, equal at 25, 0 given up, no alarm
n3: digest 25, equal at 25, 0 given up, no alarm
