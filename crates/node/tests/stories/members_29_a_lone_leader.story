# Who votes alone leads at once: learners hear nothing of its term before that is on its disk.
> cluster 1 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 2
> run 300
> n1.a members add 2
> run 160
> hold 2 1
> run 500
> members
n1: members 1, 2 learner; under way: node 2 at host2 is to be added; waits for node 2 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 2 gives it up)
n2: members 1, 2 learner
> crash 1
> start 1
> run 20
> stall 1
> run 1000
> terms
terms: n1 2, n2 1
> unstall 1
> run 1000
> terms
terms: n1 2, n2 1
> release 2 1
> settle
> members
n1: members 1, 2; last: node 2 votes
n2: members 1, 2; last: node 2 votes
