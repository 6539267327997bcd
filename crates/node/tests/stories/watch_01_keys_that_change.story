# EXEC answers nil, and nothing runs, where a key that is watched is not as it was; whoever changed it, on whatever node.
> cluster 3 linearizable
> settle
> n2.a set k 1
> n2.a watch k
> run 50
n2.a set k 1 → OK
> n2.a exec set k 2 ; get k
> run 50
n2.a watch k → OK
> n2.a watch k other
> n2.a get k
> run 50
n2.a exec set k 2 ; get k → [OK, 2]
> n3.b set k 3
> run 50
n2.a watch k other → OK
n2.a get k → 2
n3.b set k 3 → OK
> n2.a exec set k 4
> run 50
n2.a exec set k 4 → nil
> n2.a get k
> run 50
n2.a get k → 3
# The next transaction holds nothing against the state.
> n2.a exec set k 5
> run 50
n2.a exec set k 5 → [OK]
# The same value again is a change.
> n2.a watch k
> run 50
n2.a watch k → OK
> n3.b set k 5
> run 50
n3.b set k 5 → OK
> n2.a exec set k 6
> run 50
n2.a exec set k 6 → nil
# What does nothing is none.
> n2.a watch k
> run 50
n2.a watch k → OK
> n3.b set k 9 nx
> run 50
n3.b set k 9 nx → nil
> n2.a exec set k 6
> run 50
n2.a exec set k 6 → [OK]
# A key that is not there: one that comes, and one that came and went.
> n2.a watch absent
> run 50
n2.a watch absent → OK
> n2.a exec set done 1
> run 50
n2.a exec set done 1 → [OK]
> n2.a watch absent
> run 50
n2.a watch absent → OK
> n3.b set absent 1
> run 50
n3.b set absent 1 → OK
> n2.a exec set done 2
> run 50
n2.a exec set done 2 → nil
> n3.b del absent
> run 50
n3.b del absent → 1
> n2.a watch absent
> run 50
n2.a watch absent → OK
> n3.b set absent 1
> n3.b del absent
> run 50
n3.b set absent 1 → OK
n3.b del absent → 1
> n2.a exec set done 3
> run 50
n2.a exec set done 3 → nil
# One that goes and comes back with the same value.
> n2.a watch k
> run 50
n2.a watch k → OK
> n3.b del k
> n3.b set k 6
> run 50
n3.b del k → 1
n3.b set k 6 → OK
> n2.a exec set done 4
> run 50
n2.a exec set done 4 → nil
# A flush counts for what was there, and for what came before it.
> n2.a watch k
> run 50
n2.a watch k → OK
> n3.b flushall
> run 50
n3.b flushall → OK
> n2.a exec set done 5
> run 50
n2.a exec set done 5 → nil
> n2.a watch absent
> run 50
n2.a watch absent → OK
> n3.b set absent 1
> n3.b flushall
> run 50
n3.b set absent 1 → OK
n3.b flushall → OK
> n2.a exec set done 6
> run 50
n2.a exec set done 6 → nil
> n2.a watch absent
> run 50
n2.a watch absent → OK
> n3.b flushall
> run 50
n3.b flushall → OK
> n2.a exec set done 7
> run 50
n2.a exec set done 7 → [OK]
# A list that changes a key twice leaves it changed.
> n2.a watch gone
> run 50
n2.a watch gone → OK
> n3.b exec set gone 1 ; del gone
> run 50
n3.b exec set gone 1 ; del gone → [OK, 1]
> n2.a exec set done 8
> run 50
n2.a exec set done 8 → nil
> n2.a get done
> run 50
n2.a get done → 7
