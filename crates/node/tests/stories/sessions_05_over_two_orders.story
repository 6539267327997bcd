# One connection writes to logs of both orders: the second write waits for the first. Others wait for nobody.
> cluster 3 sequential
> settle
> leader
n1 leads
> n1.a keyspace create carts cart: merged causal eventual
> answers
n1.a keyspace create carts cart: merged causal eventual → OK
> settle
> n2.a set other 1
> n2.a set cart:7 apples
> n2.b set cart:8 pears
> values cart:7
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> run 20
n2.b set cart:8 pears → OK
> values cart:7
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> run 50
n2.a set other 1 → OK
n2.a set cart:7 apples → OK
> values cart:7
n1: agreed nothing, merged nothing
n2: agreed nothing, merged apples
n3: agreed nothing, merged nothing
# A write to the agreed log cannot be done here, and so none of what comes behind it.
> cut 2 1
> cut 2 3
> n2.a set other 2
> n2.a set cart:7 plums
> n2.b set cart:8 plums
> run 50
n2.b set cart:8 plums → OK
> values cart:7
n1: agreed nothing, merged apples
n2: agreed nothing, merged apples
n3: agreed nothing, merged apples
> answers
n2.a set other 2 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
n2.a set cart:7 plums → CLUSTERDOWN the request waited too long behind others of its connection; it did not run
> n2.a get cart:7
n2.a get cart:7 → apples
> n2.a set cart:7 figs
> n2.a incr cart:9
> run 20
n2.a set cart:7 figs → OK
n2.a incr cart:9 → 1
# The other way round: a disk that stands still holds up the merged write, and so the agreed one.
> heal
> settle
> stall 2
> n2.a set cart:7 dates
> n2.a set other 3
> n2.b set cart:8 dates
> run 50
> n1.c get other
n1.c get other → 2
> unstall 2
> run 50
n2.a set cart:7 dates → OK
n2.b set cart:8 dates → OK
> n1.c get other
n1.c get other → 3
