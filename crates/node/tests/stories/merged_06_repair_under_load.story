# A replica that was away catches up also while the others go on writing.
> cluster 3 eventual
> settle
> cut 1 3
> cut 2 3
> n1.a set k missed
> run 50
n1.a set k missed → OK
> heal
> n1.a set other 0
> run 50
n1.a set other 0 → OK
> n2.b set another 0
> run 50
n2.b set another 0 → OK
> n1.a set other 1
> run 50
n1.a set other 1 → OK
> n2.b set another 1
> run 50
n2.b set another 1 → OK
> n1.a set other 2
> run 50
n1.a set other 2 → OK
> n2.b set another 2
> run 50
n2.b set another 2 → OK
> n1.a set other 3
> run 50
n1.a set other 3 → OK
> n2.b set another 3
> run 50
n2.b set another 3 → OK
> n1.a set other 4
> run 50
n1.a set other 4 → OK
> n2.b set another 4
> run 50
n2.b set another 4 → OK
> n1.a set other 5
> run 50
n1.a set other 5 → OK
> n2.b set another 5
> run 50
n2.b set another 5 → OK
> n1.a set other 6
> run 50
n1.a set other 6 → OK
> n2.b set another 6
> run 50
n2.b set another 6 → OK
> n1.a set other 7
> run 50
n1.a set other 7 → OK
> n2.b set another 7
> run 50
n2.b set another 7 → OK
> n1.a set other 8
> run 50
n1.a set other 8 → OK
> n2.b set another 8
> run 50
n2.b set another 8 → OK
> n1.a set other 9
> run 50
n1.a set other 9 → OK
> n2.b set another 9
> run 50
n2.b set another 9 → OK
> n1.a set other 10
> run 50
n1.a set other 10 → OK
> n2.b set another 10
> run 50
n2.b set another 10 → OK
> n1.a set other 11
> run 50
n1.a set other 11 → OK
> n2.b set another 11
> run 50
n2.b set another 11 → OK
> n3.c get k
n3.c get k → missed
> status
n1: boot 1, formed, ready, keys 3, vector [1.1:13 2.1:12]
n2: boot 1, formed, ready, keys 3, vector [1.1:13 2.1:12]
n3: boot 1, formed, ready, keys 3, vector [1.1:13 2.1:12]
> settle
> status
n1: boot 1, formed, ready, keys 3, vector [1.1:13 2.1:12]
n2: boot 1, formed, ready, keys 3, vector [1.1:13 2.1:12]
n3: boot 1, formed, ready, keys 3, vector [1.1:13 2.1:12]
