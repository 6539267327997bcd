# A leader whose clock is off hands over to a node whose clock is in order. Writes go on.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> clock 1 3600000
> n2.b set k 1
> n1.a set k 2
n1's clock is off: n2 -3600 s, n3 -3600 s
n1 hands over to n2
> run 300
n2.b set k 1 → OK
n1.a set k 2 → OK
> leader
n2 leads
> n1.a set k 3
> n1.a get k
> settle
n1.a set k 3 → OK
n1.a get k → 3
# The new leader is lost. Of the two that are left the one with the wrong clock is patient, and the other leads.
> crash 2
> run 3000
> leader
n3 leads
# That one's clock goes wrong, too: now none is in order, so it leads on.
> clock 3 -3600000
> run 3000
n3's clock is off: n1 +7200 s, n2 +3600 s
> leader
n3 leads
> n1.a set k 4
> settle
n1.a set k 4 → OK
# Node 2 comes back. It agrees with nobody, and nobody knows better.
> start 2
> run 3000
n2's clock is off: n1 +3600 s
> leader
n3 leads
# Node 3 is right again, and so is node 2. When it is gone, the node with the wrong clock comes second.
> clock 3 0
> run 1000
n3's clock agrees: n1 +3600 s, n2 +0 s
n2's clock agrees: n1 +3600 s, n3 +0 s
> crash 3
> run 3000
> leader
n2 leads
# If the other one lacks what was acknowledged, only the node with the wrong clock can win; then it hands over.
> start 3
> run 1000
n3's clock is off: n1 +3600 s
n3's clock agrees: n1 +3600 s, n2 +0 s
> cut 3 1
> cut 3 2
> n1.a set k 5
> run 200
n1.a set k 5 → OK
> crash 2
> heal
> run 3000
n1 hands over to n3
> leader
n3 leads
> n3.c get k
> run 100
n3.c get k → 5
