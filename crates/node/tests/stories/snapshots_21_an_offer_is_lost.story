# An offer that never came to anything is made again: its leader does not wait for ever.
> cluster 3 sequential
> keep 1000
> pieces 60
> settle
> crash 3
> n1.a fill key 40
40 of 40 done
> run 100
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> start 3
> run 650
n3 fetches the state of n1
> cut 3 1
> run 4000
> heal
> run 8000
n3 fetches the state of n1
n3 has the state of n1, up to 41
> settle
> status
n1: boot 1, formed, ready, keys 40, vector []
n2: boot 1, formed, ready, keys 40, vector []
n3: boot 2, formed, ready, keys 40, vector []
