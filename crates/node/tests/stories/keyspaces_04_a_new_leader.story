# A leader dies in the middle: the next one asks all again.
> cluster 3 sequential
> settle
> leader
n1 leads
> stall 3
> n2.a keyspace create carts cart: merged causal
> run 100
> n2.b get cart:1
n2.b get cart:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> crash 1
> unstall 3
> run 1000
> leader
n2 leads
> n2.b keyspace get carts
n2.b keyspace get carts → [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, being created, id, 2]
> start 1
> settle
n2.a keyspace create carts cart: merged causal → OK
> n2.b keyspace get carts
n2.b keyspace get carts → [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, open, id, 2]
> n1.c set cart:1 apples
> settle
n1.c set cart:1 apples → OK
> n3.d get cart:1
n3.d get cart:1 → apples
