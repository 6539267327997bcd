# A leader that came to lead again a moment ago, and is about to end, hands over at once: what it asked in an earlier term is over.
> cluster 3 linearizable
> settle
> run 1000
> n1.a transfer 2
n1 hands over to n2
> run 60
n1.a transfer 2 → OK
> n1.a transfer 1
> run 120
n2 hands over to n1
n1.a transfer 1 → OK
> leader
n1 leads
> end 1
n1 hands over to n2
> run 60
> leader
n2 leads
> may end 1
n1 may end
