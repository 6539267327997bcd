# What a node knew before it was started again counts no more: it asks anew.
> cluster 3 sequential
> settle
> n3.b get k bounded:3000
n3.b get k bounded:3000 → nil
> run 100
> n3.b get k bounded:3000
n3.b get k bounded:3000 → nil
> crash 3
> start 3
> run 50
> cut 1 3
> cut 2 3
> n3.s prefer bounded:3000 strict
> n3.s get k
> run 100
> heal
> settle
n3.s get k → STALE this node has not heard yet from a majority what is committed, and the bound is 3000 ms; the read did not run. Hint: try again in a moment, ask another node, or leave out STRICT
