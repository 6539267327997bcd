# A node whose clock is an hour ahead of the others' refuses merged writes: its stamps would win for an hour. It still reads.
> cluster 3 eventual
> settle
> n3.c set k 1
> settle
n3.c set k 1 → OK
> clock 3 3600000
> n3.c set k 2
n3's clock is off: n1 -3600 s, n2 -3600 s
n3.c set k 2 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> n3.c get k
n3.c get k → 1
> n1.a set k 3
> settle
n1.a set k 3 → OK
> n3.c get k
n3.c get k → 3
# The others measure it with their next round; two of three agree, so they go on.
> run 1000
> n1.a set k 4
> n2.b set k 5
> settle
n1.a set k 4 → OK
n2.b set k 5 → OK
> n3.c get k
n3.c get k → 5
# The clock comes back, and the node takes writes again at once.
> clock 3 0
> n3.c set k 6
n3's clock agrees: n1 +0 s, n2 +0 s
> settle
n3.c set k 6 → OK
> n1.a get k
n1.a get k → 6
# An hour behind is as far.
> clock 3 -3600000
> n3.c set k 7
n3's clock is off: n1 +3600 s, n2 +3600 s
n3.c set k 7 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> clock 3 400
> n3.c set k 8
n3's clock agrees: n1 +0 s, n2 +0 s
> settle
n3.c set k 8 → OK
