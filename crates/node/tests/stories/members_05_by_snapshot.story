# The log is cut: who comes fetches the state of another, and knows from it who the members are.
> cluster 3 linearizable
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
> join 4
> run 300
> n1.a members add 4
> answers
n4 fetches the state of n1
n4 has the state of n1, up to 81
n1 reads its log on disk
n1 reads its log on disk
n1.a members add 4 → node 4 votes
> settle
> n4.b get k7
> answers
n4.b get k7 → v
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
# So does one that was away while members came.
> crash 2
> join 5
> run 300
> n1.a members add 5
> answers
n5 fetches the state of n1
n5 has the state of n1, up to 81
n1 reads its log on disk
n1 reads its log on disk
n1.a members add 5 → node 5 votes
> n1.a fill n 60
60 of 60 done
> snapshot 1
> run 200
n1: snapshot 3 is in place
> snapshot 1
> run 200
n1: snapshot 4 is in place
> forget 1
> start 2
> settle
n2 fetches the state of n1
n2 has the state of n1, up to 187
> members
n1: members 1, 2, 3, 4, 5; last: node 5 votes
n2: members 1, 2, 3, 4, 5; last: node 5 votes
n3: members 1, 2, 3, 4, 5; last: node 5 votes
n4: members 1, 2, 3, 4, 5; last: node 5 votes
n5: members 1, 2, 3, 4, 5; last: node 5 votes
> n2.b get n7
> answers
n2.b get n7 → v
# And starts from snapshots find them again.
> crash 1
> crash 4
> start 1
> start 4
> settle
> members
n1: members 1, 2, 3, 4, 5; last: node 5 votes
n2: members 1, 2, 3, 4, 5; last: node 5 votes
n3: members 1, 2, 3, 4, 5; last: node 5 votes
n4: members 1, 2, 3, 4, 5; last: node 5 votes
n5: members 1, 2, 3, 4, 5; last: node 5 votes
