# Restarts with entries of one that came and one that went.
> cluster 3 causal
> settle
> n3.a set a 1
> answers
n3.a set a 1 → OK
> join 4
> run 300
> n1.a members add 4
> answers
n1.a members add 4 → node 4 votes
> settle
> n4.a set b 2
> answers
n4.a set b 2 → OK
> settle
> crash 1
> start 1
> settle
> values b
n1: agreed nothing, merged 2
n2: agreed nothing, merged 2
n3: agreed nothing, merged 2
n4: agreed nothing, merged 2
> n1.a members remove 3
> answers
n1.a members remove 3 → node 3 is removed
n3 halts (78): this node was removed from its cluster at index 7: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> settle
> crash 1
> crash 2
> crash 4
> start 1
> start 2
> start 4
> settle
> values a
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n4: agreed nothing, merged 1
> values b
n1: agreed nothing, merged 2
n2: agreed nothing, merged 2
n4: agreed nothing, merged 2
> n2.a set c 1
> answers
n2.a set c 1 → OK
> settle
> values c
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n4: agreed nothing, merged 1
> members
n1: members 1, 2, 4; removed 3; last: node 3 is removed
n2: members 1, 2, 4; removed 3; last: node 3 is removed
n4: members 1, 2, 4; removed 3; last: node 3 is removed
