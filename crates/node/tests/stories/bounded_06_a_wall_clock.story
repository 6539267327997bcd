# Bounds are counted on a clock that nobody sets. A wall clock that is set back does not make old things new.
> cluster 3 sequential
> settle
> n1.a set k old
> settle
n1.a set k old → OK
> n3.s prefer bounded:300 strict
> run 50
> n3.s get k
n3.s get k → old
> cut 1 3
> cut 2 3
> clock 3 -400
> n1.a set k new
> run 400
n1.a set k new → OK
> n3.s get k
n3.s get k → STALE this node knows no more than what was committed 531 ms ago, and the bound is 300 ms; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT
> heal
> settle
