# A session that goes on from a node at which it only waited goes back in neither order.
> cluster 3 sequential
> settle
> n1.a keyspace create carts cart: merged causal eventual
> settle
n1.a keyspace create carts cart: merged causal eventual → OK
> hold 1 3
> hold 2 3
> n1.a set k new
> n2.b get k
n2.b get k → nil
> run 50
n1.a set k new → OK
> n1.a token T
> n2.d waitfor T
n2.d waitfor T → OK
> n2.d token U
> n3.c waitfor U
> n3.c get k
> run 50
> release 1 3
> release 2 3
> settle
n3.c waitfor U → OK
n3.c get k → new
> hold 1 3
> hold 2 3
> n1.e set cart:7 plums
> run 50
n1.e set cart:7 plums → OK
> n1.e token V
> n2.f waitfor V
n2.f waitfor V → OK
> n2.f token W
> n3.g waitfor W
> n3.g get cart:7
> run 50
> release 1 3
> release 2 3
> settle
n3.g waitfor W → OK
n3.g get cart:7 → plums
