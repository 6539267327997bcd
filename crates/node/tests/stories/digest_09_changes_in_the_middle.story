# Keys change, go and come again while a digest goes on: it is of what was there when it began.
> cluster 3 linearizable
> settle
> n1.a fill k 40
40 of 40 done
> slow
> digests 500 1
> run 50
> n1.a set k1 w
> n1.a set k2 w
> n2.a del k3 k4 k5 k6 k7 k8
> n3.a set k9 w
> n1.a set k3 again
> n1.a set new v
> run 50
n1.a set k1 w → OK
n1.a set k2 w → OK
n1.a set k3 again → OK
n1.a set new v → OK
n2.a del k3 k4 k5 k6 k7 k8 → 6
n3.a set k9 w → OK
> n1.a set k10 w
> n2.a set k10 x
> n2.a set k11 x
> n3.a del k12 k13 k14
> n3.a set k12 y
> digests
n1: digest 0, equal at 0, 0 given up, no alarm
n2: digest 0, equal at 0, 0 given up, no alarm
n3: digest 0, equal at 0, 0 given up, no alarm
> run 500
n1.a set k10 w → OK
n2.a set k10 x → OK
n2.a set k11 x → OK
n3.a del k12 k13 k14 → 3
n3.a set k12 y → OK
> digests
n1: digest 42, equal at 42, 0 given up, no alarm
n2: digest 42, equal at 42, 0 given up, no alarm
n3: digest 42, equal at 42, 0 given up, no alarm
> run 1000
> digests
n1: digest 47, equal at 47, 0 given up, no alarm
n2: digest 47, equal at 47, 0 given up, no alarm
n3: digest 47, equal at 47, 0 given up, no alarm
