# Reads and writes that take turns each cost a round. As long as they get on, they may take longer than one request may.
> cluster 3 linearizable
> settle
> cut 2 1
> cut 2 3
> n2.a set k 0
> n2.a get k
> n2.a set k 1
> n2.a get k
> run 1000
> heal
> run 200
n2.a set k 0 → OK
n2.a get k → 0
n2.a set k 1 → OK
> cut 2 1
> cut 2 3
# The last of them came 3.7 s ago, but something before them was done 2.6 s ago.
> run 2600
> heal
> settle
n2.a get k → 1
# If nothing before them is done, all that wait are refused together.
> cut 2 1
> cut 2 3
> n2.a set k 3
> n2.a get k
> n2.a set k 4
> n2.a get k
> run 3000
n2.a set k 3 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
n2.a get k → CLUSTERDOWN the request waited too long behind others of its connection; it did not run
n2.a set k 4 → CLUSTERDOWN the request waited too long behind others of its connection; it did not run
n2.a get k → CLUSTERDOWN the request waited too long behind others of its connection; it did not run
