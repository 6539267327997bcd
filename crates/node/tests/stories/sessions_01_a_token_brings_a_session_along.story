# A session that goes to another node with its token reads there what it has written.
> cluster 3 sequential
> settle
> cut 1 3
> cut 2 3
> n1.a set k new
> n2.d set k new
> answers
n1.a set k new → OK
n2.d set k new → OK
> n1.a token T
> n2.d token T
# Without it the session goes back.
> n3.b get k
n3.b get k → nil
# With it, it waits, and what comes behind it as well.
> n3.c waitfor T
> n3.c get k
> run 100
> heal
> settle
n3.c waitfor T → OK
n3.c get k → new
