# A follower that lacks more than the leader's log holds fetches the leader's state.
> cluster 3 sequential
> keep 1000
> settle
> leader
n1 leads
> n1.a set before 1
> run 100
n1.a set before 1 → OK
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
> run 1000
n3 fetches the state of n1
n3 has the state of n1, up to 32
> settle
> n3.c get key30 sequential
n3.c get key30 sequential → v
> n3.c get before sequential
n3.c get before sequential → 1
> run 100
> status
n1: boot 1, formed, ready, keys 31, vector []
n2: boot 1, formed, ready, keys 31, vector []
n3: boot 2, formed, ready, keys 31, vector []
# It goes on by the log, and leads if it has to.
> n1.a set after 1
> run 100
n1.a set after 1 → OK
> crash 3
> start 3
> settle
> n3.c get after
n3.c get after → 1
> n3.c get key7
n3.c get key7 → v
> run 100
> crash 1
> settle
> n3.c set after 2
> run 3000
n3.c set after 2 → OK
> n2.b get after
n2.b get after → 2
> run 100
> start 1
> settle
> n1.a get after
n1.a get after → 2
> run 100
> status
n1: boot 2, formed, ready, keys 32, vector []
n2: boot 1, formed, ready, keys 32, vector []
n3: boot 3, formed, ready, keys 32, vector []
