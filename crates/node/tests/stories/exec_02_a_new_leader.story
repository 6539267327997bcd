# A transaction that its leader did not live to answer runs once, and as a whole.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n2.a watch a
> run 20
> n2.a certify
> n2.a exec set a 1 ; incr a ; get a
> run 20
n2.a watch a → OK
> crash 1
> settle
n2.a exec set a 1 ; incr a ; get a → [OK, 2, 2]   at 3.2
> n3.b get a
> run 50
n3.b get a → 2
# One that gets nowhere is not known to have run, and runs later.
> leader
n2 leads
> n3.b watch a
> run 50
n3.b watch a → OK
> cut 2 3
> n3.b exec incr a ; get a
> run 4000
n3.b exec incr a ; get a → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
> heal
> run 5000
> settle
> n3.c get a
> run 50
n3.c get a → 3
