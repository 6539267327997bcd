# A follower that lacks more than memory holds, and less than the log on disk, is fed from there: no state is fetched.
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
> start 3
> run 1000
n1 reads its log on disk
> settle
> n3.c get key30
n3.c get key30 → v
> n3.c get before
n3.c get before → 1
> run 100
> status
n1: boot 1, formed, ready, keys 31, vector []
n2: boot 1, formed, ready, keys 31, vector []
n3: boot 2, formed, ready, keys 31, vector []
# So does a leader that was started anew, which has read of its log what lies behind its newest snapshot.
> snapshot 1
> run 100
n1: snapshot 1 is in place
> crash 3
> n1.a fill more 30
30 of 30 done
> crash 1
> start 1
> run 3000
> settle
> leader
n1 leads
> n1.a set last 1
> run 100
n1.a set last 1 → OK
> start 3
> run 1000
n1 reads its log on disk
n1 reads its log on disk
> settle
> n3.c get more30
n3.c get more30 → v
> run 100
> status
n1: boot 2, formed, ready, keys 62, vector []
n2: boot 1, formed, ready, keys 62, vector []
n3: boot 3, formed, ready, keys 62, vector []
# Where the log is cut before what it lacks, it fetches a state.
> crash 3
> n2.a fill again 10
10 of 10 done
> snapshot 1
> snapshot 2
> run 100
n1: snapshot 2 is in place
n2: snapshot 1 is in place
> n2.a fill then 10
10 of 10 done
> snapshot 1
> snapshot 2
> run 100
n1: snapshot 3 is in place
n2: snapshot 2 is in place
> forget 1
> forget 2
> n2.a fill last 10
10 of 10 done
> start 3
> run 1000
n3 fetches the state of n2
n3 has the state of n2, up to 84
> settle
> n3.c get last10
n3.c get last10 → v
> run 100
> status
n1: boot 2, formed, ready, keys 92, vector []
n2: boot 1, formed, ready, keys 92, vector []
n3: boot 4, formed, ready, keys 92, vector []
# What the leader believes to be on disk is gone, or damaged: it offers its snapshot after all.
> cluster 3 sequential
> keep 1000
> settle
> crash 3
> n1.a fill key 30
30 of 30 done
> snapshot 1
> run 100
n1: snapshot 1 is in place
> forget 1
> start 3
> run 1000
n1 reads its log on disk
n3 fetches the state of n1
n3 has the state of n1, up to 31
> settle
> n3.c get key30
n3.c get key30 → v
> run 100
