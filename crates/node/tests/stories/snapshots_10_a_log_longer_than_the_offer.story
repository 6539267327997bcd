# The newest snapshot of the others stands before the beginning of the log of who lost its own: they take a new one.
> cluster 3 sequential
> settle
> n1.a fill key 5
5 of 5 done
> snapshot 1
> run 200
n1: snapshot 1 is in place
> snapshot 2
> run 200
n2: snapshot 1 is in place
> n1.a fill key 20
20 of 20 done
> snapshot 3
> run 200
n3: snapshot 1 is in place
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> n1.a fill more 5
5 of 5 done
> crash 3
> rot all 3
> start 3
n3: snapshot 1 cannot be read
> run 3000
n2: snapshot 2 is in place
n3 fetches the state of n2
n3 has the state of n2, up to 31
n3: the state is back
n3: snapshot 3 is in place
> settle
> status
n1: boot 1, formed, ready, keys 25, vector []
n2: boot 1, formed, ready, keys 25, vector []
n3: boot 2, formed, ready, keys 25, vector []
> n3.c get more5
n3.c get more5 → v
> n3.c get key20
n3.c get key20 → v
> run 100
