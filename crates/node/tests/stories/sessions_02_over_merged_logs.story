# A session over merged logs needs nothing of the agreed one.
> cluster 3 causal
> settle
> hold 1 3
> hold 2 3
> n1.a set k new
> run 20
n1.a set k new → OK
> n1.a token T
> n2.b get k
n2.b get k → nil
> n2.b set l later
> run 20
n2.b set l later → OK
> n2.b token U
> merge T U V
> n3.c get k
n3.c get k → nil
> n3.d waitfor V
> n3.d get k
> n3.d get l
> run 20
> release 1 3
> run 20
> release 2 3
> run 20
n3.d waitfor V → OK
n3.d get k → new
n3.d get l → later
