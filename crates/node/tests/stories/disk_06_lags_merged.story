# A replica whose disk stands still keeps little of what others write meanwhile. They have it: it is asked for once the disk goes on.
> cluster 3 eventual
> settle
> lag 300
> stall 2
> n1.a fill k 200
200 of 200 done
> run 5000
> on its way
on its way: n1 0, n2 339, n3 0
> unstall 2
> settle
> on its way
on its way: n1 0, n2 0, n3 0
> n2.b get k200
n2.b get k200 → v
