# A state that was fetched counts once it is on disk, and not before.
> cluster 3 sequential
> keep 1000
> settle
> n3.c set before 1
> run 100
n3.c set before 1 → OK
> crash 3
> n1.a fill key 30
30 of 30 done
> run 100
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> start 3
> run 100
> stall 3
> run 1500
n3 fetches the state of n1
> n3.c get key30 eventual
n3.c get key30 eventual → nil
> n3.c get before eventual
n3.c get before eventual → 1
> run 100
> unstall 3
> run 100
n3 has the state of n1, up to 32
> settle
> n3.c get key30 sequential
n3.c get key30 sequential → v
> run 100
> status
n1: boot 1, formed, ready, keys 31, vector []
n2: boot 1, formed, ready, keys 31, vector []
n3: boot 2, formed, ready, keys 31, vector []
