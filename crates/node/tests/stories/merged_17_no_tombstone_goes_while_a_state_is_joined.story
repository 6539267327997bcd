# A tombstone stays while a state is joined that may hold an older write.
> cluster 3 causal
> keep 1000
> joins 1 100
> settle
> clock 3 400
> cut 1 3
> cut 2 3
> n1.a set k old
> run 20
n1.a set k old → OK
> n1.a fill key 40
40 of 40 done
> snapshot 1
> snapshot 2
> n3.c set k v
> n3.c del k
> run 100
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3.c set k v → OK
n3.c del k → 1
> heal
> run 2000
n3 fetches the state of n1
n3 has the state of n1
> status
n1: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
n2: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
n3: boot 1, formed, ready, keys 18, vector [1.1:41 3.1:2], joins a state
> tombstones
tombstones: n1 0, n2 0, n3 1
> run 1000
> tombstones
tombstones: n1 0, n2 0, n3 1
> run 3000
> n3.c get k
n3.c get k → nil
> n1.a get k
n1.a get k → nil
> status
n1: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
n2: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
n3: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
> run 2000
> tombstones
tombstones: n1 0, n2 0, n3 0
> status
n1: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
n2: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
n3: boot 1, formed, ready, keys 40, vector [1.1:41 3.1:2]
