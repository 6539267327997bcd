# One that came later starts without its state.
> cluster 3 linearizable
> keep 1000
> settle
> n1.a fill k 40
40 of 40 done
> join 4
> run 300
> n1.a members add 4
> answers
n1 reads its log on disk
n1 reads its log on disk
n1.a members add 4 → node 4 votes
> settle
> snapshot 4
> run 300
n4: snapshot 1 is in place
> n1.a fill l 40
40 of 40 done
> snapshot 4
> run 300
n4: snapshot 2 is in place
> forget 4
> n1.a fill m 10
10 of 10 done
> crash 4
> start 4 discard
> run 3000
n2: snapshot 1 is in place
n3: snapshot 1 is in place
n1: snapshot 1 is in place
n4 fetches the state of n2
n4 has the state of n2, up to 94
n4: the state is back
n4: snapshot 3 is in place
> settle
> values k3
n1: agreed v, merged nothing
n2: agreed v, merged nothing
n3: agreed v, merged nothing
n4: agreed v, merged nothing
> values m3
n1: agreed v, merged nothing
n2: agreed v, merged nothing
n3: agreed v, merged nothing
n4: agreed v, merged nothing
> crash 4
> start 4
> settle
> values m3
n1: agreed v, merged nothing
n2: agreed v, merged nothing
n3: agreed v, merged nothing
n4: agreed v, merged nothing
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
