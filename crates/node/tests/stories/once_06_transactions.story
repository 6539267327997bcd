# A transaction that is to run once does so as a whole.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n2.a certify
> n2.a once 1000-a exec incr k ; get k ; incr k
> settle
n2.a once 1000-a exec incr k ; get k ; incr k → [1, 1, 2]   at 2.2
> n3.b certify
> n3.b once 1000-a exec incr k ; get k ; incr k
> settle
n3.b once 1000-a exec incr k ; get k ; incr k → [1, 1, 2]   at 2.2
> n3.b once 1000-a exec incr k ; get k
> settle
n3.b once 1000-a exec incr k ; get k → ERR the id of ONCE was used for another command, which has run; this one does not. Hint: a new id for each command
# What a connection watches is not there when it is sent again, so that is refused. It ends what is watched.
> n2.a watch k
> settle
n2.a watch k → OK   at 4.1
> n2.a once 1000-b exec incr k
n2.a once 1000-b exec incr k → EXECABORT Transaction discarded because of: ONCE with WATCH: what is watched here is not when it is sent again. Nothing ran. Hint: UNWATCH first, or SET with IFEQ
> settle
> n2.a once 1000-b exec incr k
> settle
n2.a once 1000-b exec incr k → [3]   at 5.0
> n2.a get k
> settle
n2.a get k → 3   at 5.0, by 5.0
