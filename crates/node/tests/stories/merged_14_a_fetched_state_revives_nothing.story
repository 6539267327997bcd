# A state that is fetched later brings nothing back where the tombstone is gone.
> cluster 3 causal
> keep 1000
> settle
> n1.a set k v
> n2.b set other v
> settle
n1.a set k v → OK
n2.b set other v → OK
> snapshot 2
> run 100
n2: snapshot 1 is in place
> n1.a del k
> run 3000
n1.a del k → 1
> tombstones
tombstones: n1 0, n2 0, n3 0
> cut 1 3
> cut 2 3
> n2.b fill key 12
12 of 12 done
> heal
> run 3000
n1: snapshot 1 is in place
n2: snapshot 2 is in place
n3 fetches the state of n1
n3 has the state of n1
> tombstones
tombstones: n1 0, n2 0, n3 0
> n3.c get k
n3.c get k → nil
> n3.c get key12
n3.c get key12 → v
> n1.a get k
n1.a get k → nil
> status
n1: boot 1, formed, ready, keys 13, vector [1.1:2 2.1:13]
n2: boot 1, formed, ready, keys 13, vector [1.1:2 2.1:13]
n3: boot 1, formed, ready, keys 13, vector [1.1:2 2.1:13]
