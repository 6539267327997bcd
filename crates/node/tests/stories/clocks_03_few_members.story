# Of two clocks nobody can tell which is wrong: both nodes refuse merged writes. But one of them leads on: no other is better.
> cluster 2 eventual
> settle
> leader
n1 leads
> clock 2 3600000
> run 3000
n2's clock is off: n1 -3600 s
n1's clock is off: n2 +3600 s
> n1.a set k 1
n1.a set k 1 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> n2.b set k 1
n2.b set k 1 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> n1.a get k
n1.a get k → nil
> leader
n1 leads
> clock 2 0
> run 1000
n2's clock agrees: n1 +0 s
n1 hands over to n2
n1's clock agrees: n2 +0 s
> n1.a set k 1
> n2.b set k 2
> settle
n1.a set k 1 → OK
n2.b set k 2 → OK
