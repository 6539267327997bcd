# Of four others one is too few to judge a clock by, and two are enough.
> cluster 5 eventual
> settle
> crash 5
> clock 5 3600000
> cut 5 1
> cut 5 2
> cut 5 3
> start 5
> n5.e set k 1
> run 500
> heal
> run 300
n5's clock is off: n1 -3600 s, n4 -3600 s
n5.e set k 1 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
# Nobody but one is heard for a second: then that one counts alone.
> crash 5
> clock 5 0
> cut 5 1
> cut 5 2
> cut 5 3
> start 5
> n5.e set k 2
> run 990
> n5.e get k
> run 30
n5.e set k 2 → OK
n5.e get k → 2
# Writes that wait for that are refused when the disk fills up meanwhile.
> crash 5
> start 5
> n5.e set k late
> run 300
> full 5
n5: the disk is full
> free 5
n5: the disk has room
# Where all start at once, all wait for each other.
> heal
> crash 1
> crash 2
> crash 3
> crash 4
> crash 5
> start 1
> n1.a set k 3
> start 2
> n2.b set k 4
> start 3
> n3.c set k 5
> run 300
n1.a set k 3 → OK
n2.b set k 4 → OK
n3.c set k 5 → OK
