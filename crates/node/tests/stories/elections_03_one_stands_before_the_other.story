# Both that are left lose the leader at the same moment. They do not stand at the same time, so one election is enough,
# whoever led and whatever their seeds are.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
> vanish 1
> part 2 1
> part 3 1
> run 100
> leader
n2 leads
> terms
terms: n2 2, n3 2
> start 1
> settle
> vanish 2
> part 1 2
> part 3 2
> run 100
> leader
n3 leads
> terms
terms: n1 3, n3 3
> start 2
> settle
> vanish 3
> part 1 3
> part 2 3
> run 100
> leader
n1 leads
> terms
terms: n1 4, n2 4
