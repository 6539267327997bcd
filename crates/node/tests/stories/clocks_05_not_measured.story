# Members that were never measured do not count, and those that are gone count as last measured.
> cluster 3 eventual
> settle
> cut 1 3
> crash 1
> start 1
> run 100
# Node 1 has measured node 2 alone, which is half of the others, and is apart from it; node 3 is of no help.
> clock 1 3600000
> n1.a set k 1
> heal
> run 1000
n1's clock is off: n2 -3600 s
n1.a set k 1 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> n1.a set k 1
n1.a set k 1 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> clock 1 0
> run 1000
n1's clock agrees: n2 +0 s, n3 +0 s
# Now both others are gone. They agreed when last measured.
> cut 1 2
> cut 1 3
> run 5000
> n1.a set k 1
> clock 1 600
> n1.a set k 2
n1's clock is off: n2 -1 s, n3 -1 s
n1.a set k 2 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> clock 1 0
> n1.a set k 3
n1's clock agrees: n2 +0 s, n3 +0 s
> run 100
n1.a set k 1 → OK
n1.a set k 3 → OK
# Started again it has measured nobody, and goes on with what it knows.
> crash 1
> start 1
> clock 1 3600000
> n1.a set k 4
> run 3000
n1 serves although nobody has answered
n1.a set k 4 → OK
