# A follower that is cut off shows what was committed while it still knew, as long as the bound allows.
> cluster 3 sequential
> settle
> n1.a set k old
> settle
n1.a set k old → OK
> n3.b get k bounded:300
n3.b get k bounded:300 → old
> n3.s prefer bounded:300 strict
> run 50
> cut 1 3
> cut 2 3
> n1.a set k new
> run 100
n1.a set k new → OK
> n3.b get k bounded:300
n3.b get k bounded:300 → old
> n3.b last
n3.b last → [bounded:300, 231]
# After that it becomes a linearizable read, which no majority confirms here.
> run 300
> n3.b get k bounded:300
# One that must not is refused at once, and says how stale it would be.
> n3.s get k
n3.s get k → STALE this node knows no more than what was committed 531 ms ago, and the bound is 300 ms; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT
# A session that wants no more than the order goes on.
> n3.c get k sequential
n3.c get k sequential → old
> n3.c last
n3.c last → [sequential, 531]
> run 3000
n3.b get k bounded:300 → CLUSTERDOWN no majority confirmed in time what is committed; the read did not run
# No bound was ever broken: once the node hears the others again, reads see the write.
> heal
> n3.b get k bounded:300
> n3.s get k
n3.s get k → STALE this node knows no more than what was committed 3531 ms ago, and the bound is 300 ms; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT
> settle
n3.b get k bounded:300 → new
> n3.s get k
n3.s get k → new
> n3.s last
n3.s last → [bounded:300, 51]
