# A delete is everywhere, and forgotten. Whoever joins does not vote before it has seen it too: what it counts then counts at all.
> cluster 3 causal
> settle
> n1.a incr k
> n1.a del k
> run 5000
n1.a incr k → 1
n1.a del k → 1
> status
n1: boot 1, formed, ready, keys 0, vector [1.1:2]
n2: boot 1, formed, ready, keys 0, vector [1.1:2]
n3: boot 1, formed, ready, keys 0, vector [1.1:2]
> join 4
> run 400
> n1.a members add 4
> run 200
> members
n1: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added; waits for node 4 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 4 gives it up)
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members none
> n4.b incr k
> run 3000
n1.a members add 4 → node 4 votes
n4.b incr k → 1
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
> n4.b incr k
> run 3000
n4.b incr k → 2
> n1.a get k
n1.a get k → 2
> n4.b get k
n4.b get k → 2
> answers
