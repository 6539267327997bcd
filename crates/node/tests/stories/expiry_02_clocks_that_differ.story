# A key is seen expired under a leader whose clock is 400 ms ahead. The next leader's is 400 ms behind: the key stays dead.
> cluster 3 linearizable
> clock 1 400
> clock 2 -400
> settle
n1's clock is off: n2 -1 s
n1's clock agrees: n2 -1 s, n3 +0 s
n2's clock is off: n1 +1 s
n2's clock agrees: n1 +1 s, n3 +0 s
> run 2000
> leader
n1 leads
> n1.a set k v PX 1000
> n1.a set later v PX 2500
> run 1100
n1.a set k v PX 1000 → OK
n1.a set later v PX 2500 → OK
> n3.c get k
> n3.c get later
> n3.c pttl later
> run 50
n3.c get k → nil
> log time
log time is +250 ms off
> crash 1
> run 1000
n3.c get later → v
n3.c pttl later → 1220
> leader
n2 leads
> n3.c get k
> n2.b exists k later
> run 50
n2.b exists k later → 1
n3.c get k → nil
# Log time goes on at half its pace until that leader's clock has caught up: the other key expires late, and not early.
> n2.b pttl later
> run 350
n2.b pttl later → 300
> n3.c get later
> run 500
n3.c get later → v
> n3.c get later
> run 50
n3.c get later → v
> log time
log time is -1700 ms off
> start 1
> run 500
n1's clock is off: n2 -1 s
n1's clock agrees: n2 -1 s, n3 +0 s
> n1.a get k sequential
n1.a get k sequential → nil
> n1.a get later sequential
n1.a get later sequential → nil
> run 50
