# Of two that vote one is removed, and the other falls when it has heard that this is committed, before it is on its disk. Who is
# removed votes for it once more.
> cluster 2 linearizable
> settle
> leader
n1 leads
> n1.a set x 1
> run 100
n1.a set x 1 → OK
> stall 1
> n1.a members remove 2
> run 100
> sync 1
> run 20
> sync 1
> run 20
> sync 1
> run 20
> members
n1: members 1, 2 leaving; under way: node 2 leaves
n2: members 1, 2 leaving; under way: node 2 leaves
> crash 1
> run 100
> unstall 1
> start 1
> run 5000
n2 halts (78): this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> leader
n1 leads
> members
n1: members 1; removed 2; last: node 2 is removed
> n1.a get x
n1.a get x → 1
> run 100
