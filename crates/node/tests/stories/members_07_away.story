# A member that is away is removed as lost, and hears it when it comes back; its id is never given again.
> cluster 3 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> crash 3
> run 500
> part 1 3
> n1.a members remove 3
n1.a members remove 3 → ERR node 3 is not reached from here, and only who is there can say where its merged log ends. Hint: bring it back, or, if it is lost for good: CLUSTER-ADMIN REMOVE LOSE 3
> answers
> n1.a members lose 3
> answers
n1.a members lose 3 → node 3 is removed; of its merged writes none is held
> run 300
> members
n1: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
n2: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
> start 3
> run 1000
n3 halts (78): this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> start 3
node 3 does not start: this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> join 3
> run 500
n1 refuses: a node is to join as node 3, which was removed: an id is never given again
n2 refuses: a node is to join as node 3, which was removed: an id is never given again
n3 halts (78): this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> n1.a members add 3
> answers
n1.a members add 3 → ERR node 3 was a member, removed at index 4: an id is never given again. Hint: take another one
# Of two members one that is dead cannot be removed: nobody else makes a majority.
> crash 2
> run 500
> part 1 2
> n1.a members lose 2
n1.a members lose 2 → ERR a change needs a majority of the present members, and node 2 is not reached from here. Hint: bring them back
> answers
> members
n1: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
> start 2
> settle
> members
n1: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
n2: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
