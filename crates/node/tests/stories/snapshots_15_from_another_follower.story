# A follower that lacks more than the leader's log holds fetches from another follower that has as much.
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
> n1.a fill more 3
3 of 3 done
> snapshot 2
> run 200
n2: snapshot 1 is in place
> start 3
> run 700
n3 fetches the state of n2
n3 has the state of n2, up to 33
# The leader knows at once, and goes on by its log.
> n1.a set after 1
> run 200
n1.a set after 1 → OK
> n3.c get after eventual
n3.c get after eventual → 1
> run 50
> settle
> status
n1: boot 1, formed, ready, keys 34, vector []
n2: boot 1, formed, ready, keys 34, vector []
n3: boot 2, formed, ready, keys 34, vector []
# What the other has stands before what the leader's log begins with: it is the leader's that is fetched.
> crash 3
> n1.a fill key 30
30 of 30 done
> snapshot 1
> run 100
n1: snapshot 3 is in place
> snapshot 1
> run 100
n1: snapshot 4 is in place
> start 3
> run 1000
n3 fetches the state of n1
n3 has the state of n1, up to 65
> settle
> n3.c get key30
n3.c get key30 → v
> run 100
# The other is gone in the middle: the leader's is fetched after all.
> crash 3
> n1.a fill key 30
30 of 30 done
> snapshot 1
> run 100
n1: snapshot 5 is in place
> snapshot 1
> run 100
n1: snapshot 6 is in place
> snapshot 2
> run 200
n2: snapshot 2 is in place
> pieces 100
> start 3
> run 250
n3 fetches the state of n2
> cut 2 3
> run 7000
n3 fetches the state of n1
n3 has the state of n1, up to 95
> heal
> settle
> n3.c get key30
n3.c get key30 → v
> run 100
