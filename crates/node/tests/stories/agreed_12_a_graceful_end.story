# A leader that is about to end hands over first, and goes on serving meanwhile.
> cluster 3 linearizable
> run 1500
> leader
n1 leads
> n1.a set k 1
> settle
n1.a set k 1 → OK
> may end 1
n1 is needed
> n1.a set k 2
> n2.b set k 3
> n3.c get k
> end 1
n1 hands over to n2
> n1.a set l 1
> n2.b get l
> run 120
n1.a set k 2 → OK
n3.c get k → 1
> leader
n2 leads
> may end 1
n1 may end
# It is no successor of the one that is to end next, though it may be up to date.
> end 2
n2 hands over to n3
> run 120
n2.b set k 3 → OK
n1.a set l 1 → OK
n2.b get l → 1
> leader
n3 leads
> n1.a get k
> n2.b get k
> n3.c get k
> settle
n3.c get k → 3
n1.a get k → 3
n2.b get k → 3
# If nobody takes over, another one is asked; when nobody is reached any more it may end.
> cut 3 1
> cut 3 2
> end 3
n3 hands over to n1
> run 300
n3 hands over to n2
> may end 3
n3 is needed
> part 3 1
> may end 3
n3 is needed
> part 3 2
> may end 3
n3 may end
