# A leader that is heard and hears nobody steps down. What it was asked meanwhile comes when it leads no more: it hands
# nothing on, because whoever asks for a confirmation asks the new leader by itself.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n1.a set k before
> settle
n1.a set k before → OK
> hold 2 1
> hold 3 1
> n2.b get k
> n3.c get k
> run 3000
n2.b get k → before
n3.c get k → before
> leader
n2 leads
# It hears of the new leader first, and then the question that n3 had asked before.
> release 2 1
> run 100
> release 3 1
> run 200
> n1.a get k
> settle
n1.a get k → before
