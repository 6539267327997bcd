# One node, and a learner that died.
> cluster 1 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 2
> run 300
> n1.a members add 2
> run 60
> hold 1 2
> run 4000
n1.a members add 2 → INDETERMINATE the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it
> members
n1: members 1, 2 learner; under way: node 2 at host2 is to be added; waits for node 2 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 2 gives it up)
n2: members none
> crash 2
> n1.a get x
n1.a get x → 1
> answers
> crash 1
> start 1
> run 10000
> n1.a get x
n1.a get x → 1
> answers
> n1.b members lose 2
> answers
n1.b members lose 2 → node 2 is removed before it voted
> status
n1: boot 2, formed, ready, keys 1, vector []
> run 5000
> members
n1: members 1; removed 2; last: node 2 is removed before it voted
