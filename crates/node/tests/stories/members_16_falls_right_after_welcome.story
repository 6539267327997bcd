# A joiner that falls right after it was welcomed, of a cluster whose founder is gone.
> cluster 1 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 2
> run 300
> n1.a members add 2
> answers
n1.a members add 2 → node 2 votes
> settle
> n2.a members remove 1
> answers
n1 hands over to n2
n2.a members remove 1 → node 1 is removed
> settle
n1 halts (78): this node was removed from its cluster at index 8: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> n2.a set x 2
> answers
n2.a set x 2 → OK
> join 3
> run 300
> stall 3
> n2.a members add 3
> run 400
> members
n2: members 2, 3 learner; removed 1; under way: node 3 at host3 is to be added; waits for node 3 lacks 11 entries of the log; last: node 1 is removed
n3: members 2, 3 learner; removed 1
> hold 2 3
> unstall 3
> run 5
> crash 3
> run 10
> release 2 3
> start 3
> run 2000
n2.a members add 3 → node 3 votes
> members
n2: members 2, 3; removed 1; last: node 3 votes
n3: members 2, 3; removed 1; last: node 3 votes
> answers
