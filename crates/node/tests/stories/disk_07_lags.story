# A leader whose disk stands still takes no more than so much, though the others go on without it; then another one leads.
> cluster 3 linearizable
> settle
> leader
n1 leads
> lag 600
> stall 1
> n2.a fill k 400
n1 hands over to n2
400 of 400 done
> run 900
> on its way
on its way: n1 783, n2 0, n3 0
> leader
n2 leads
> run 2000
> leader
n2 leads
> answers
> on its way
on its way: n1 783, n2 0, n3 0
> unstall 1
> settle
> n1.b get k400
> settle
n1.b get k400 → v
> on its way
on its way: n1 0, n2 0, n3 0
