# Who is removed as dead may be alive: whoever has said how far it holds its log takes nothing more from it.
> cluster 5 causal
> settle
> n5.a set a 1
> answers
n5.a set a 1 → OK
> settle
> hold 5 1
> hold 5 2
> hold 5 3
> hold 5 4
> n5.a set b 1
> answers
n5.a set b 1 → OK
> stall 2
> n1.c members lose 5
> run 500
> members
n1: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves; waits for what node 2 holds of node 5
n2: members 1, 2, 3, 4, 5 leaving
n3: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves
n4: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves
n5: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves
> release 5 3
> run 500
> values b
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
n5: agreed nothing, merged 1
> unstall 2
> answers
n1.c members lose 5 → node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
> run 500
n5 halts (78): this node was removed from its cluster at index 3: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n2: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n3: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n4: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
> values a
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n3: agreed nothing, merged 1
n4: agreed nothing, merged 1
> values b
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
