# All of it in one go: the looks come first, the own write in between counts, too.
> cluster 3 linearizable
> settle
> n2.a watch k
> n2.a get k
> n2.a exec set k 1
> n2.a watch k
> n2.a set k 2
> n2.a exec set k 3
> n2.a get k
> run 500
n2.a watch k → OK
n2.a get k → nil
n2.a exec set k 1 → [OK]
n2.a watch k → OK
n2.a set k 2 → OK
n2.a exec set k 3 → nil
n2.a get k → 2
# What is given up does not count, an EXEC that is under way keeps its own, and other connections have theirs.
> n2.a watch k
> n2.b watch k
> n2.a unwatch
> n2.b set k 4
> n2.a exec incr k
> n2.b exec incr k
> n2.a get k
> run 500
n2.a watch k → OK
n2.b watch k → OK
n2.a exec incr k → [3]
n2.b set k 4 → OK
n2.b exec incr k → nil
n2.a get k → 4
> n2.a watch k
> n2.a exec incr k
> n2.a watch other
> n2.a unwatch
> run 500
n2.a watch k → OK
n2.a exec incr k → [5]
n2.a watch other → OK
# Without a majority nobody knows what there is to be seen: the WATCH is refused, and the EXEC with it.
> cut 1 2
> cut 2 3
> n2.a watch k
> n2.a exec incr k
> run 4000
n2.a watch k → CLUSTERDOWN no majority confirmed in time what is committed; the read did not run
n2.a exec incr k → CLUSTERDOWN the request waited too long behind others of its connection; it did not run
> heal
> settle
> n2.a exec incr k
> run 500
n2.a exec incr k → [6]
# Whoever looks at a replica that is behind loses: a later state was there.
> cluster 3 sequential
> settle
> leader
n1 leads
> n2.a watch k
n2.a watch k → OK
> run 500
> cut 1 2
> cut 2 3
> n2.a get k
n2.a get k → nil
> n1.b set k 1
> run 500
n1.b set k 1 → OK
> n2.a get k
n2.a get k → nil
> n2.a watch k
n2.a watch k → OK
> run 500
> heal
> n2.a exec set k mine
> run 500
n2.a exec set k mine → nil
> n2.a get k
n2.a get k → 1
> run 500
