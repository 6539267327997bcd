# Who fetches the state of another member fetches its limit, and goes on counting.
> cluster 3 sequential
> keep 1000
> settle
> crash 3
> n1.a fill key 30
30 of 30 done
> n1.a maxmemory 2000
> run 100
n1.a maxmemory 2000 → OK
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> start 3
> run 1000
n3 fetches the state of n1
n3 has the state of n1, up to 32
> settle
> memory
n1: agreed 2091, at most 2000
n2: agreed 2091, at most 2000
n3: agreed 2091, at most 2000
> n3.c set k v
> settle
n3.c set k v → OOM command not allowed when used memory > 'maxmemory'.
> n3.c del key1 key2 key3
> n3.c set k v
> settle
n3.c del key1 key2 key3 → 3
n3.c set k v → OK
> memory
n1: agreed 1950, at most 2000
n2: agreed 1950, at most 2000
n3: agreed 1950, at most 2000
# It decides the same as the others.
> crash 1
> settle
> n3.c set l v
> n3.c set m v
> n3.c set n v
> n3.c set o v
> settle
n3.c set l v → OK
n3.c set m v → OOM command not allowed when used memory > 'maxmemory'.
n3.c set n v → OOM command not allowed when used memory > 'maxmemory'.
n3.c set o v → OOM command not allowed when used memory > 'maxmemory'.
> memory
n2: agreed 2016, at most 2000
n3: agreed 2016, at most 2000
