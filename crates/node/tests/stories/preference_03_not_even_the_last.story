# A node that was just started and is cut off cannot serve the last level either: the read has the request timeout.
> cluster 3 sequential
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> crash 3
> start 3
> run 30
> cut 1 3
> cut 2 3
> n3.p prefer linearizable+50 bounded:100+50 sequential
> n3.p get k
> run 1000
> n3.p get j
> run 1900
> run 1000
n3.p get k → CLUSTERDOWN no member has confirmed yet that this node is the one that it was before it was started again; the request did not run
n3.p get j → CLUSTERDOWN no member has confirmed yet that this node is the one that it was before it was started again; the request did not run
> heal
> n3.p get k
> settle
n3.p get k → v
> n3.p last
n3.p last → [linearizable, 0]
# A bound that it may not pass is refused when the time of the level before it is over.
> n3.s prefer linearizable+50 bounded:100 strict
> run 500
> cut 1 3
> cut 2 3
> run 200
> n3.s get k
> run 60
n3.s get k → STALE this node knows no more than what was committed 421 ms ago, and the bound is 100 ms; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT
> heal
> settle
