# A token says where its session stands in both orders, whichever of them has default.
> cluster 3 sequential
> settle
> n1.a keyspace create carts cart: merged causal eventual
> settle
n1.a keyspace create carts cart: merged causal eventual → OK
> hold 1 3
> n1.a set cart:7 plums
> run 20
n1.a set cart:7 plums → OK
> n1.a token T
> n3.d waitfor T
> n3.d get cart:7
> run 20
> release 1 3
> settle
n3.d waitfor T → OK
n3.d get cart:7 → plums
