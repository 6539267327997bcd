# Alone, a replica takes writes; healed, all converge on the write with the highest stamp.
> cluster 3 eventual
> settle
> cut 1 2
> cut 1 3
> n1.a set k one
> n1.a set only-here x
> run 50
n1.a set k one → OK
n1.a set only-here x → OK
> n2.b set k two
> run 60000
n2.b set k two → OK
> n1.a get k
n1.a get k → one
> n2.b get k
n2.b get k → two
> n3.c get only-here
n3.c get only-here → nil
> heal
> settle
> n1.a get k
n1.a get k → two
> n2.b get k
n2.b get k → two
> n3.c get only-here
n3.c get only-here → x
> status
n1: boot 1, formed, ready, keys 2, vector [1.1:2 2.1:1]
n2: boot 1, formed, ready, keys 2, vector [1.1:2 2.1:1]
n3: boot 1, formed, ready, keys 2, vector [1.1:2 2.1:1]
