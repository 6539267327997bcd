# Leaders come and go in the midst of a change; it goes on.
> cluster 3 linearizable
> settle
> leader
n1 leads
> join 4
> run 300
> n2.a members add 4
> run 100
> hold 1 4
> hold 2 4
> hold 3 4
> run 500
> members
n1: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added; waits for node 4 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 4 gives it up)
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members none
> crash 1
> run 1500
> leader
n2 leads
> members
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added; waits for node 4 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 4 gives it up)
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members none
> release 1 4
> release 2 4
> release 3 4
> answers
n2.a members add 4 → node 4 votes
> start 1
> settle
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
# A removal as well; all start again in the midst of it.
> stall 2
> n3.a members remove 4
> run 300
> crash 1
> crash 2
> crash 3
> crash 4
> unstall 2
> start 1
> start 2
> start 3
> start 4
> run 5000
n4 halts (78): this node was removed from its cluster at index 8: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1, 2, 3; removed 4; last: node 4 is removed
n2: members 1, 2, 3; removed 4; last: node 4 is removed
n3: members 1, 2, 3; removed 4; last: node 4 is removed
