# Members of merged keyspaces come and go: who comes takes the state, who goes leaves its writes behind.
> cluster 3 causal
> settle
> n3.a set k 3
> n1.a set j 1
> answers
n1.a set j 1 → OK
n3.a set k 3 → OK
> settle
> join 4
> run 300
> n1.a members add 4
> answers
n1.a members add 4 → node 4 votes
> settle
> n4.b get k
n4.b get k → 3
> n4.b set l 4
> answers
n4.b set l 4 → OK
> settle
> n3.a get l
n3.a get l → 4
> values l
n1: agreed nothing, merged 4
n2: agreed nothing, merged 4
n3: agreed nothing, merged 4
n4: agreed nothing, merged 4
# Who leaves takes no writes any more; all hold what it wrote before it is gone.
> hold 4 2
> n4.b set m 4
> answers
n4.b set m 4 → OK
> n1.a members remove 4
> run 200
> n4.b set n 4
n4.b set n 4 → CLUSTERDOWN this node leaves the cluster, and takes no writes of merged keyspaces any more; the write did not run. Hint: ask another node
> members
n1: members 1, 2, 3, 4 leaving; under way: node 4 leaves; waits for what node 1 holds of node 4; last: node 4 votes
n2: members 1, 2, 3, 4 leaving; under way: node 4 leaves; last: node 4 votes
n3: members 1, 2, 3, 4 leaving; under way: node 4 leaves; last: node 4 votes
n4: members 1, 2, 3, 4 leaving; under way: node 4 leaves; last: node 4 votes
> release 4 2
> answers
n1.a members remove 4 → node 4 is removed
> run 1000
n4 halts (78): this node was removed from its cluster at index 6: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1, 2, 3; removed 4; to join 4; last: node 4 is removed
n2: members 1, 2, 3; removed 4; to join 4; last: node 4 is removed
n3: members 1, 2, 3; removed 4; to join 4; last: node 4 is removed
> values m
n1: agreed nothing, merged 4
n2: agreed nothing, merged 4
n3: agreed nothing, merged 4
> status
n1: boot 1, formed, ready, keys 4, vector [1.1:1 3.1:1 4.1:2]
n2: boot 1, formed, ready, keys 4, vector [1.1:1 3.1:1 4.1:2]
n3: boot 1, formed, ready, keys 4, vector [1.1:1 3.1:1 4.1:2]
# It goes on: tombstones wait for those that are left alone.
> n1.a del m
> answers
n1.a del m → 1
> run 6000
> tombstones
tombstones: n1 0, n2 0, n3 0
