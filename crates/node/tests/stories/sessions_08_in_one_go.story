# A token says where its session stands in the order of a keyspace that was made in one go with what was asked of it.
> cluster 3 sequential
> settle
> hold 2 3
> n2.a keyspace create carts cart: merged causal eventual
> n2.a set cart:7 plums
> run 150
n2.a keyspace create carts cart: merged causal eventual → OK
n2.a set cart:7 plums → OK
> n2.a token T
> n3.c waitfor T
> n3.c get cart:7
> run 20
> release 2 3
> settle
n3.c waitfor T → OK
n3.c get cart:7 → plums
