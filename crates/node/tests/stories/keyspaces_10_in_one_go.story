# A connection changes the keyspaces in one go with other commands: each finds what those before it left.
> cluster 3 sequential
> settle
> leader
n1 leads
> n2.a set cart:7 apples
> n2.a keyspace create carts cart: merged causal eventual
> n2.a set cart:8 pears
> n2.a get cart:8
> answers
n2.a set cart:7 apples → OK
n2.a keyspace create carts cart: merged causal eventual → ERR keys with this prefix exist in the keyspace default, such as cart:7: the keyspace carts is not created. Hint: DEL them first, or choose another prefix
n2.a set cart:8 pears → OK
n2.a get cart:8 → pears
> values cart:8
n1: agreed pears, merged nothing
n2: agreed pears, merged nothing
n3: agreed pears, merged nothing
> n2.a del cart:7 cart:8
> n2.a keyspace create carts cart: merged causal eventual
> n2.a set cart:7 plums
> n2.a append cart:7 s
> n2.a get cart:7
> n2.a get cart:7 linearizable
> n2.a exists cart:7
> n2.a keyspace alter carts causal
> n2.a get cart:7 eventual
> n2.a del cart:7
> n2.a keyspace drop carts
> n2.a set cart:7 agreed
> n2.a append cart:7 s
> n2.a get cart:7 linearizable
> answers
n2.a del cart:7 cart:8 → 2
n2.a keyspace create carts cart: merged causal eventual → OK
n2.a set cart:7 plums → OK
n2.a append cart:7 s → CONSISTENCY the keyspace carts is merged: APPEND needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
n2.a get cart:7 → plums
n2.a get cart:7 linearizable → CONSISTENCY the keyspace carts is merged, which has no linearizable read: there is no one order to be the latest in. Ask for causal or eventual, or use a keyspace created with ORDER agreed
n2.a exists cart:7 → 1
n2.a keyspace alter carts causal → OK
n2.a get cart:7 eventual → CONSISTENCY the keyspace carts promises causal reads, and eventual is weaker: it must be allowed there. Hint: KEYSPACE ALTER carts ALLOW eventual
n2.a del cart:7 → 1
n2.a keyspace drop carts → OK
n2.a set cart:7 agreed → OK
n2.a append cart:7 s → 7
n2.a get cart:7 linearizable → agreeds
> run 200
> values cart:7
n1: agreed agreeds, merged nothing
n2: agreed agreeds, merged nothing
n3: agreed agreeds, merged nothing
# So does who asks the leader itself.
> n1.a del cart:7
> n1.a keyspace create carts cart: merged causal eventual
> n1.a set cart:7 plums
> n1.a keyspace drop carts
> n1.a del cart:7
> n1.a keyspace drop carts
> n1.a set cart:7 agreed
> answers
n1.a del cart:7 → 1
n1.a keyspace create carts cart: merged causal eventual → OK
n1.a set cart:7 plums → OK
n1.a keyspace drop carts → ERR the keyspace carts has keys, such as cart:7: it is not dropped. Hint: DEL them first; SCAN 0 MATCH "cart:*" lists them
n1.a del cart:7 → 1
n1.a keyspace drop carts → OK
n1.a set cart:7 agreed → OK
> run 200
> values cart:7
n1: agreed agreed, merged nothing
n2: agreed agreed, merged nothing
n3: agreed agreed, merged nothing
# What comes behind it is not refused for what was there before it.
> n1.a del cart:7
> n1.a keyspace create carts cart: merged causal eventual
> answers
n1.a del cart:7 → 1
n1.a keyspace create carts cart: merged causal eventual → OK
> settle
> n1.a keyspace drop carts
> n1.a append cart:7 x
> n1.a get cart:7 linearizable
> answers
n1.a keyspace drop carts → OK
n1.a append cart:7 x → 1
n1.a get cart:7 linearizable → x
