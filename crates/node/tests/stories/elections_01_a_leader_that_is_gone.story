# The connections to the leader break and nothing else tells that it is gone. Nobody waits for a timeout: another one leads
# a few messages and syncs later.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> n3.c set k 1
> settle
n3.c set k 1 → OK
> vanish 1
> part 3 1
> part 2 1
> n3.c set k 2
> run 80
> leader
n2 leads
# If the first in rank is gone as well, or cannot win, the next one stands a band later.
> cluster 5 linearizable
> settle
> run 1000
> leader
n1 leads
> vanish 1
> vanish 2
> part 3 1
> part 4 1
> part 5 1
> n5.c set k 3
> run 180
> leader
n3 leads
# What the leader said before, and what comes late, is believed; that it has left stands.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> n1.a set k 4
> part 2 1
> part 3 1
> crash 1
> run 80
> leader
n2 leads
# Of a machine that lost its power no connection tells. Its silence does.
> cluster 3 linearizable
> settle
> run 1000
> vanish 1
> run 300
> leader
nobody leads
> run 200
> leader
n2 leads
