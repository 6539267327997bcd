# The first in rank has a clock that is off. It votes, and leaves it to the next to stand.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> clock 2 3600000
> run 1000
n2's clock is off: n1 -3600 s, n3 -3600 s
> crash 1
> run 200
> leader
n3 leads
# Where nobody is fit somebody leads all the same, a second later.
> cluster 3 linearizable
> settle
> run 1000
> clock 2 3600000
> clock 3 -3600000
> run 1000
n2's clock is off: n1 -3600 s, n3 -3600 s
n3's clock is off: n1 +3600 s, n2 +3600 s
n1's clock is off: n2 +3600 s, n3 -3600 s
> crash 1
> run 1400
> leader
nobody leads
> run 1000
> leader
n3 leads
