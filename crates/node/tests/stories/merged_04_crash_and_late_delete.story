# A delete is not undone by an older write that arrives late; a restarted replica has what it acknowledged.
> cluster 3 eventual
> settle
> n1.a set k v
> settle
n1.a set k v → OK
> crash 3
> n1.a del k
> run 100
n1.a del k → 1
> start 3
> n3.c get k
> run 1500
n3.c get k → v
> n3.c get k
n3.c get k → nil
> n3.c set k again
> settle
n3.c set k again → OK
> n1.a get k
n1.a get k → again
> status
n1: boot 1, formed, ready, keys 1, vector [1.1:2 3.2:1]
n2: boot 1, formed, ready, keys 1, vector [1.1:2 3.2:1]
n3: boot 2, formed, ready, keys 1, vector [1.1:2 3.2:1]
