# All members were given new addresses before anybody changed a member.
> cluster 3 linearizable
> settle
> crash 1
> crash 2
> crash 3
> move
> start 1
> start 2
> start 3
> settle
> members 1
n1 at new-host1: leader, lacks 0
n2 at new-host2: voter, lacks 0
n3 at new-host3: voter, lacks 0
> join 4
> run 300
> n1.a members add 4
> answers
n1.a members add 4 → INDETERMINATE the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it
> settle
it does not settle
> members 1
n1 at new-host1: leader, lacks 0
n2 at new-host2: voter, lacks 0
n3 at new-host3: voter, lacks 0
