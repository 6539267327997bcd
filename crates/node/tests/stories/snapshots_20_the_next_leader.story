# A leader is gone whose state a follower fetches: it fetches that of the next one at once, which needs it for a majority.
> cluster 3 sequential
> keep 1000
> settle
> leader
n1 leads
> crash 3
> n1.a fill key 30
30 of 30 done
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> snapshot 2
> run 200
n2: snapshot 1 is in place
> snapshot 2
> run 200
n2: snapshot 2 is in place
> n1.a fill more 3
3 of 3 done
> pieces 100
> cut 2 3
> start 3
> run 300
> heal
> crash 1
> run 400
n3 fetches the state of n1
> leader
n2 leads
> run 1000
> run 2000
n3 fetches the state of n2
n3 has the state of n2, up to 31
> leader
n2 leads
> n2.a set after 1
> run 200
n2.a set after 1 → OK
> n3.c get after
n3.c get after → 1
> run 100
> start 1
> settle
> status
n1: boot 2, formed, ready, keys 34, vector []
n2: boot 1, formed, ready, keys 34, vector []
n3: boot 2, formed, ready, keys 34, vector []
