# A prefix under which there are keys is not carved out, and nobody is kept waiting long.
> cluster 3 causal
> settle
> n1.a set user:7 anna
> n2.b set use mary
> settle
n1.a set user:7 anna → OK
n2.b set use mary → OK
> n1.a keyspace create users user: agreed sequential
> run 60
> n1.c get user:7
n1.c get user:7 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.c get use
n1.c get use → mary
> n1.c set user:8 ben
n1.c set user:8 ben → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> n1.c exists user:7 use
n1.c exists user:7 use → CROSSKEYSPACE the keys belong to the keyspaces users and default, and no command reaches over two. Hint: send one for each
> answers
n1.a keyspace create users user: agreed sequential → ERR keys with this prefix exist in the keyspace default, such as user:7: the keyspace users is not created. Hint: DEL them first, or choose another prefix
> settle
> n2.b get user:7
n2.b get user:7 → anna
> n2.b del user:7
> settle
n2.b del user:7 → 1
> n3.c keyspace create users user: agreed sequential
> answers
n3.c keyspace create users user: agreed sequential → OK
> settle
> n3.c set user:7 carl
> answers
n3.c set user:7 carl → OK
> values user:7
n1: agreed carl, merged nothing
n2: agreed carl, merged nothing
n3: agreed carl, merged nothing
> n3.c get user:7 linearizable
> n2.b get user:7
n2.b get user:7 → carl
> answers
n3.c get user:7 linearizable → carl
# What is expired is not there.
> n3.c set cart:1 apples
> n3.c set user:cart:1 apples px 50
> run 200
n3.c set cart:1 apples → OK
n3.c set user:cart:1 apples px 50 → OK
> n3.c keyspace create carts user:cart: merged causal
> answers
n3.c keyspace create carts user:cart: merged causal → OK
> n3.c keyspace create others user: merged causal
> run 100
n3.c keyspace create others user: merged causal → ERR the keyspace users has this prefix already
