# A write that has seen another wins over it, however wrong the clocks are.
> cluster 3 eventual
> clock 2 -450
> settle
> n1.a set k first
> settle
n1.a set k first → OK
> n2.b get k
n2.b get k → first
> n2.b set k second
> settle
n2.b set k second → OK
> n1.a get k
n1.a get k → second
> n3.c get k
n3.c get k → second
