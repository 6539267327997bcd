# The same of merged keys: what comes later than where a member stood makes no difference.
> cluster 3 causal
> settle
> n1.a fill k 40
40 of 40 done
> n1.a del k39 k40
> run 100
n1.a del k39 k40 → 2
> slow
> digests 500 1
> run 500
> n1.a set k1 w
> n2.a del k3 k4 k5 k6 k7 k8
> n3.a set k9 w
> n1.a set k3 again
> n1.a set k39 again
> run 50
n1.a set k1 w → OK
n2.a del k3 k4 k5 k6 k7 k8 → 6
n3.a set k9 w → OK
n1.a set k3 again → OK
n1.a set k39 again → OK
> n2.a set k10 x
> n3.a del k12 k13 k14
> digests
n1: digest 2, equal at 2, 0 given up, no alarm
n2: digest 2, equal at 2, 0 given up, no alarm
n3: digest 2, equal at 2, 0 given up, no alarm
> run 500
n2.a set k10 x → OK
n3.a del k12 k13 k14 → 3
> digests
n1: digest 3, equal at 2, 0 given up, no alarm
n2: digest 3, equal at 2, 0 given up, no alarm
n3: digest 3, equal at 2, 0 given up, no alarm
> run 1500
> digests
n1: digest 4, equal at 4, 0 given up, no alarm
n2: digest 4, equal at 4, 0 given up, no alarm
n3: digest 4, equal at 4, 0 given up, no alarm
