# A write that was sent before its key changed hands does not run behind that.
> cluster 3 sequential
> settle
> leader
n1 leads
> hold 2 1
> n2.a set cart:1 apples
> n2.a get cart:1
> n2.b set other 1
> n1.c keyspace create carts cart: merged causal
> run 300
> release 2 1
> answers
n2.a set cart:1 apples → TRYAGAIN the keyspace of the key has changed before the command ran: it did not run, and may be sent again
n2.b set other 1 → OK
n2.a get cart:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
n1.c keyspace create carts cart: merged causal → OK
> settle
> values cart:1
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> n2.a set cart:1 pears
> answers
n2.a set cart:1 pears → OK
> settle
> values cart:1
n1: agreed nothing, merged pears
n2: agreed nothing, merged pears
n3: agreed nothing, merged pears
# Nor does a merged one that waits for its disk.
> stall 3
> n3.d set cart:2 plums
> run 50
> n1.c keyspace create ripe cart:2 agreed sequential
> run 200
> n3.d get cart:2
> n3.d set cart:2 figs
> run 20
> unstall 3
> answers
n3.d set cart:2 plums → OK
n3.d get cart:2 → plums
n3.d set cart:2 figs → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
n1.c keyspace create ripe cart:2 agreed sequential → ERR keys with this prefix exist in the keyspace carts, such as cart:2: the keyspace ripe is not created. Hint: DEL them first, or choose another prefix
> settle
> values cart:2
n1: agreed nothing, merged plums
n2: agreed nothing, merged plums
n3: agreed nothing, merged plums
