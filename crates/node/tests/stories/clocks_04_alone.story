# A node by itself has nobody to be apart from.
> cluster 1 eventual
> settle
> clock 1 3600000
> n1.a set k 1
> settle
n1.a set k 1 → OK
> clock 1 -3600000
> n1.a set k 2
> settle
n1.a set k 2 → OK
> n1.a get k
n1.a get k → 2
> leader
n1 leads
