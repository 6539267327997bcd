# A node that is an hour ahead when it starts makes no stamp before it has measured at least half of the others.
> cluster 3 eventual
> settle
> crash 3
> clock 3 3600000
> start 3
> n3.c set k 1
> n3.c get k
> run 300
n3's clock is off: n1 -3600 s
n3.c set k 1 → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
n3.c get k → nil
> n1.a get k
n1.a get k → nil
# With nobody to measure it goes on with what it knows, once it serves at all.
> crash 3
> cut 3 1
> cut 3 2
> start 3
> n3.c set k 2
> run 1950
> run 100
n3 serves although nobody has answered
n3.c set k 2 → OK
# A node whose clock is right waits no longer than one round takes.
> crash 1
> heal
> start 1
> n1.a set k 3
> run 300
n3's clock is off: n2 -3600 s
n1.a set k 3 → OK
