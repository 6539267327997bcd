# Who was welcomed, and has not applied the entry that added it, takes nothing of merged keyspaces.
> cluster 3 causal
> settle
> n1.a set a 1
> answers
n1.a set a 1 → OK
> settle
> join 4
> run 300
> n2.a members add 4
> run 100
> hold 1 4
> run 500
> members
n1: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added; waits for node 4 and a majority with it to be heard (CLUSTER-ADMIN REMOVE 4 gives it up)
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members 1, 2, 3, 4 learner
> n3.a set b 1
> answers
n3.a set b 1 → OK
n2.a members add 4 → INDETERMINATE the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it
> run 2000
> values a
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n3: agreed nothing, merged 1
n4: agreed nothing, merged nothing
> release 1 4
> answers
> settle
> values a
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n3: agreed nothing, merged 1
n4: agreed nothing, merged 1
> values b
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n3: agreed nothing, merged 1
n4: agreed nothing, merged 1
