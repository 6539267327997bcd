# As rv_1, then digests.
> cluster 3 linearizable
> digests 1000 100
> keep 1000
> settle
> n1.a fill k 60
60 of 60 done
> snapshot 1
> snapshot 2
> snapshot 3
> run 200
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3: snapshot 1 is in place
> n1.a fill l 20
20 of 20 done
> snapshot 1
> snapshot 2
> snapshot 3
> run 200
n1: snapshot 2 is in place
n2: snapshot 2 is in place
n3: snapshot 2 is in place
> forget 1
> forget 2
> forget 3
> n1.a fill m 40
40 of 40 done
> n1.a set x after
> answers
n1.a set x after → OK
> n2.a members remove 1
> answers
n1 hands over to n2
n2.a members remove 1 → node 1 is removed
> settle
n1 halts (78): this node was removed from its cluster at index 129: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> join 4
> run 300
> n2.a members add 4
> answers
n4 fetches the state of n3
n4 has the state of n3, up to 82
n2 reads its log on disk
n2.a members add 4 → node 4 votes
> settle
> n2.a set y 1
> run 3000
n2.a set y 1 → OK
> n2.a set y 2
> run 3000
n2.a set y 2 → OK
> digests
n2: digest 137, equal at 137, 0 given up, no alarm
n3: digest 137, equal at 137, 0 given up, no alarm
n4: digest 137, equal at 137, 1 given up, no alarm
> values x
n2: agreed after, merged nothing
n3: agreed after, merged nothing
n4: agreed after, merged nothing
