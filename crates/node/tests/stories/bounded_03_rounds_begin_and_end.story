# Rounds begin at a third of the bound while bounded reads come, and end three bounds after the last.
> cluster 3 sequential
> settle
> rounds
rounds: n1 1, n2 1, n3 1
> run 1000
> rounds
rounds: n1 1, n2 1, n3 1
> n2.b get k bounded:300
> run 1000
n2.b get k bounded:300 → nil
> rounds
rounds: n1 1, n2 10, n3 1
> run 1000
> rounds
rounds: n1 1, n2 10, n3 1
# A connection that will take nothing else has them begin before its first read.
> n3.s prefer bounded:90 strict
> run 50
> n3.s get k
n3.s get k → nil
> run 1000
> rounds
rounds: n1 1, n2 10, n3 12
