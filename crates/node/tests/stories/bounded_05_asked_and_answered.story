# A round counts from when it was asked: an answer that was long on its way says nothing of what was committed meanwhile.
> cluster 3 sequential
> settle
> leader
n1 leads
> n1.a set k old
> settle
n1.a set k old → OK
> n3.s prefer bounded:200 strict
# The leader confirms, and its answer waits on its way while another write is committed.
> run 20
> hold 1 3
> hold 2 3
> run 20
> n1.a set k new
> run 300
n1.a set k new → OK
> release 1 3
> release 2 3
# It comes, and the entry with it comes later.
> run 10
> n3.s get k
n3.s get k → STALE this node knows no more than what was committed 351 ms ago, and the bound is 200 ms; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT
> run 20
> n3.s get k
n3.s get k → new
> n3.s last
n3.s last → [bounded:200, 91]
