# A key that is not there is watched. Meanwhile its prefix is a merged keyspace, in which it comes and goes.
> cluster 3 sequential
> settle
> leader
n1 leads
> n2.a watch cart:7
n2.a watch cart:7 → OK
> answers
> n1.b keyspace create carts cart: merged causal
> answers
n1.b keyspace create carts cart: merged causal → OK
> n1.b set cart:7 apples
> n1.b del cart:7
> n1.b keyspace drop carts
> answers
n1.b set cart:7 apples → OK
n1.b del cart:7 → 1
n1.b keyspace drop carts → OK
> settle
> n2.a exec set cart:7 mine ; get cart:7
> answers
n2.a exec set cart:7 mine ; get cart:7 → nil
# A start from a snapshot knows it as well.
> n2.a watch cart:7 other
n2.a watch cart:7 other → OK
> answers
> n1.b keyspace create carts cart: merged causal
> n1.b set cart:7 apples
> n1.b del cart:7
> n1.b keyspace drop carts
> answers
n1.b keyspace create carts cart: merged causal → OK
n1.b set cart:7 apples → OK
n1.b del cart:7 → 1
n1.b keyspace drop carts → OK
> settle
> snapshot 1
> snapshot 2
> snapshot 3
> run 200
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3: snapshot 1 is in place
> crash 3
> start 3
> settle
> n2.a exec set done 1
> settle
n2.a exec set done 1 → nil
> n2.a get done
n2.a get done → nil
> values done
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
# While it is another keyspace's, nothing that was watched before can be held against it.
> n2.a watch cart:7
n2.a watch cart:7 → OK
> answers
> n1.b keyspace create carts cart: merged causal
> answers
n1.b keyspace create carts cart: merged causal → OK
> settle
> n2.a exec set cart:8 mine
n2.a exec set cart:8 mine → nil
> n2.a exec set other 1
> answers
n2.a exec set other 1 → [OK]
> n1.b keyspace drop carts
> answers
n1.b keyspace drop carts → OK
> settle
# Another prefix is another matter, and so is a carving before the WATCH.
> n2.a watch cart:7 other
n2.a watch cart:7 other → OK
> answers
> n1.b keyspace create orders order: agreed sequential
> answers
n1.b keyspace create orders order: agreed sequential → OK
> n2.a exec set cart:7 mine ; set other 2
> answers
n2.a exec set cart:7 mine ; set other 2 → [OK, OK]
