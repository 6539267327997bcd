# Who is removed as dead is alive, and has more than its log keeps: nobody who has said how far it holds that log fetches its state.
> cluster 5 causal
> keep 1000
> settle
> cut 5 1
> cut 5 2
> cut 5 3
> cut 5 4
> n5.a fill key 30
30 of 30 done
> run 100
> snapshot 5
> run 100
n5: snapshot 1 is in place
> snapshot 5
> run 100
n5: snapshot 2 is in place
> stall 2
> n1.c members lose 5
> run 500
> members
n1: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves; waits for what node 2 holds of node 5
n2: members 1, 2, 3, 4, 5 leaving
n3: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves
n4: members 1, 2, 3, 4, 5 leaving; under way: node 5 leaves
n5: members 1, 2, 3, 4, 5
> heal
> run 3000
n1.c members lose 5 → INDETERMINATE the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it
> values key30
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
n5: agreed nothing, merged v
> unstall 2
> run 500
n5 halts (78): this node was removed from its cluster at index 3: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> values key30
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
> members
n1: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
n2: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
n3: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
n4: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
