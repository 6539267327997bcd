# A member that lost its disk comes back under a new id, in one change; what of its merged writes is held is said.
> cluster 3 causal
> settle
> n3.a set a 1
> answers
n3.a set a 1 → OK
> settle
> hold 3 1
> hold 3 2
> n3.a set b 1
> answers
n3.a set b 1 → OK
> n3.a token b
> answers
> crash 3
> part 1 3
> part 2 3
> join 4
> run 300
> n1.a members replace 3 4
> answers
n1.a members replace 3 4 → node 4 votes; node 3 is removed; its merged writes are held up to 1:1, those behind that are lost
> settle
> members
n1: members 1, 2, 4; removed 3; last: node 4 votes; node 3 is removed; its merged writes are held up to 1:1, those behind that are lost
n2: members 1, 2, 4; removed 3; last: node 4 votes; node 3 is removed; its merged writes are held up to 1:1, those behind that are lost
n4: members 1, 2, 4; removed 3; last: node 4 votes; node 3 is removed; its merged writes are held up to 1:1, those behind that are lost
> values a
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n4: agreed nothing, merged 1
> values b
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
# A token of what is held is reached, one of what is lost never.
> n1.b waitfor b
n1.b waitfor b → CONSISTENCY the token names an entry of node 3 that is lost: it was removed at index 5, and what counts of its writes ends before that. It cannot be waited for
> n1.c set c 1
> answers
n1.c set c 1 → OK
> settle
> n1.c token c
> answers
> n2.c waitfor c
n2.c waitfor c → OK
> n2.c get c
n2.c get c → 1
> answers
# What comes late of it is turned away by all.
> release 3 1
> release 3 2
> run 1000
> values b
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
# Two of five that are dead leave together.
> cluster 5 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> crash 4
> crash 5
> run 500
> part 1 4
> part 1 5
> n1.a members lose 4 5
> answers
n1.a members lose 4 5 → node 4 is removed; of its merged writes none is held; node 5 is removed; of its merged writes none is held
> members
n1: members 1, 2, 3; removed 4, 5; last: node 4 is removed; of its merged writes none is held; node 5 is removed; of its merged writes none is held
n2: members 1, 2, 3, 5 leaving; removed 4; under way: nodes 4, 5 leave
n3: members 1, 2, 3, 5 leaving; removed 4; under way: nodes 4, 5 leave
> n1.a set x 2
> answers
n1.a set x 2 → OK
