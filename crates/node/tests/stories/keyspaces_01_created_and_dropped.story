# A merged keyspace in an agreed cluster, created on a follower.
> cluster 3 sequential
> settle
> leader
n1 leads
> n2.a keyspace create carts cart: merged causal eventual
> answers
n2.a keyspace create carts cart: merged causal eventual → OK
> settle
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, carts, prefix, cart:, order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 2]]
> n3.b set cart:7 apples
> n1.a set other 1
> answers
n3.b set cart:7 apples → OK
n1.a set other 1 → OK
> settle
> n1.a get cart:7
n1.a get cart:7 → apples
> n2.c get cart:7 eventual
n2.c get cart:7 eventual → apples
> n2.c get cart:7 linearizable
n2.c get cart:7 linearizable → CONSISTENCY the keyspace carts is merged, which has no linearizable read: there is no one order to be the latest in. Ask for causal or eventual, or use a keyspace created with ORDER agreed
> n2.c exec set cart:7 pears ; get cart:7
> values cart:7
n1: agreed nothing, merged apples
n2: agreed nothing, merged apples
n3: agreed nothing, merged apples
# A name and a prefix are had once; longer prefixes win.
> n1.a keyspace create carts other: agreed sequential
> answers
n2.c exec set cart:7 pears ; get cart:7 → [OK, pears]
n1.a keyspace create carts other: agreed sequential → ERR there is a keyspace carts already
> n1.a keyspace create others cart: agreed sequential
> answers
n1.a keyspace create others cart: agreed sequential → ERR the keyspace carts has this prefix already
> n1.a keyspace create hot cart:hot: agreed linearizable
> answers
n1.a keyspace create hot cart:hot: agreed linearizable → OK
> settle
> n1.a set cart:hot:1 x
> n2.c mset cart:hot:1 y cart:8 z
n2.c mset cart:hot:1 y cart:8 z → CROSSKEYSPACE the keys belong to the keyspaces hot and carts, and no command reaches over two. Hint: send one for each
> answers
n1.a set cart:hot:1 x → OK
> values cart:hot:1
n1: agreed x, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> n1.a get cart:hot:1 eventual
n1.a get cart:hot:1 eventual → CONSISTENCY the keyspace hot promises linearizable reads, and eventual is weaker: it must be allowed there. Hint: KEYSPACE ALTER hot ALLOW eventual
# It stays while it has keys; then its keys are those of the keyspace around it again.
> n1.a keyspace drop carts
> answers
n1.a keyspace drop carts → ERR the keyspace carts has keys, such as cart:7: it is not dropped. Hint: DEL them first; SCAN 0 MATCH "cart:*" lists them
> n1.a del cart:7
> n1.a keyspace drop carts
> answers
n1.a del cart:7 → 1
n1.a keyspace drop carts → OK
> settle
> n1.a set cart:7 agreed
> answers
n1.a set cart:7 agreed → OK
> values cart:7
n1: agreed agreed, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
> n1.a keyspace drop carts
> answers
n1.a keyspace drop carts → ERR there is no keyspace carts. Hint: KEYSPACE LIST
> n1.a keyspace list
n1.a keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, hot, prefix, cart:hot:, order, agreed, level, linearizable, allow, , durability, disk, state, open, id, 3]]
> n2.c keyspace get hot
n2.c keyspace get hot → [name, hot, prefix, cart:hot:, order, agreed, level, linearizable, allow, , durability, disk, state, open, id, 3]
> n2.c keyspace get carts
n2.c keyspace get carts → ERR there is no keyspace carts. Hint: KEYSPACE LIST
# What names no key is about default.
> n1.a keys *
n1.a keys * → [cart:7, other]
> run 20
> n1.a flushall
n1.a flushall → CROSSKEYSPACE this would remove the keys of other keyspaces as well: it did not run. Hint: SCAN and DEL; KEYSPACE LIST says which keyspaces there are
> n1.a scan 0
n1.a scan 0 → [0, [cart:7, other]]
> n1.a keyspace alter hot sequential
> answers
n1.a keyspace alter hot sequential → OK
> n1.a keyspace alter default sequential causal
> answers
n1.a keyspace alter default sequential causal → OK
> settle
> n3.b get other eventual
n3.b get other eventual → CONSISTENCY the keyspace default promises sequential reads, and eventual is weaker: it must be allowed there. Hint: KEYSPACE ALTER default ALLOW causal eventual
> n3.b get other linearizable
> run 100
n3.b get other linearizable → 1
> n3.b keyspace list
n3.b keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal, durability, disk, state, open, id, 1], [name, hot, prefix, cart:hot:, order, agreed, level, sequential, allow, , durability, disk, state, open, id, 3]]
