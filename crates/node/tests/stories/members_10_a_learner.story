# A learner counts in no majority and serves nobody until it votes.
> cluster 3 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 4
> run 300
> n1.a members add 4
> run 160
> hold 4 1
> run 200
> members
n1: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added; waits for node 4 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 4 gives it up)
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members 1, 2, 3, 4 learner
> n4.b get x eventual
> n4.b get x
> run 100
> crash 3
> n1.a set x 2
> answers
n1.a members add 4 → INDETERMINATE the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it
n1.a set x 2 → OK
n4.b get x eventual → CLUSTERDOWN this node is no member of the cluster yet; the request did not run
n4.b get x → CLUSTERDOWN this node is no member of the cluster yet; the request did not run
> crash 2
> n1.a set x 3
> answers
n1.a set x 3 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
> release 4 1
> start 2
> start 3
> settle
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
> n4.b get x
> answers
n4.b get x → 3
