# Who has only heard that a member is removed does not say so: it may need that one's vote to know it after a start.
> cluster 5 linearizable
> settle
> n1.a set x 1
> run 100
n1.a set x 1 → OK
> leader
n1 leads
> stall 2
> n1.a members remove 3
> run 100
> sync 2
> run 20
> hold 1 3
> hold 4 3
> hold 5 3
> sync 2
> run 20
> sync 2
> run 300
n1.a members remove 3 → node 3 is removed
> members
n1: members 1, 2, 4, 5; removed 3; last: node 3 is removed
n2: members 1, 2, 4, 5; removed 3; under way: node 3 leaves
n3: members 1, 2, 3 leaving, 4, 5; under way: node 3 leaves
n4: members 1, 2, 4, 5; removed 3; last: node 3 is removed
n5: members 1, 2, 4, 5; removed 3; last: node 3 is removed
> unstall 2
> run 3000
n3 halts (78): this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1, 2, 4, 5; removed 3; last: node 3 is removed
n2: members 1, 2, 4, 5; removed 3; last: node 3 is removed
n4: members 1, 2, 4, 5; removed 3; last: node 3 is removed
n5: members 1, 2, 4, 5; removed 3; last: node 3 is removed
