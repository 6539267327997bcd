# A leader hands over, and its successor never hears of it. What another node had it append meanwhile is gone, and is taken when
# it is sent again: the leader must not believe that its log holds it.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> cut 1 2
> clock 1 3600000
> run 100
n1's clock is off: n2 -3600 s, n3 -3600 s
n1 hands over to n2
> n3.b set k 1
> run 300
> run 1200
n3.b set k 1 → OK
> leader
n1 leads
