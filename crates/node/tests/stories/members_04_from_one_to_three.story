# A cluster begins with one node, and grows under its clients' eyes.
> cluster 1 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 2
> run 300
> n1.a members add 2
> answers
n1.a members add 2 → node 2 votes
> settle
> join 3
> run 300
> n2.a members add 3
> answers
n2.a members add 3 → node 3 votes
> settle
> members
n1: members 1, 2, 3; last: node 3 votes
n2: members 1, 2, 3; last: node 3 votes
n3: members 1, 2, 3; last: node 3 votes
> crash 1
> run 1000
> n2.a get x
> n3.b set x 2
> answers
n2.a get x → 1
n3.b set x 2 → OK
> start 1
> settle
> n1.c get x
> answers
n1.c get x → 2
# And shrinks: from two to one as well, as long as both are there.
> n1.a members remove 2
> answers
n2 hands over to n1
n1.a members remove 2 → node 2 is removed
> run 300
n2 halts (78): this node was removed from its cluster at index 13: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> n1.a members remove 3
> answers
n1.a members remove 3 → node 3 is removed
> run 300
n3 halts (78): this node was removed from its cluster at index 15: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1; removed 2, 3; last: node 3 is removed
> n1.a get x
n1.a get x → 2
> answers
