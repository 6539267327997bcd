# A learner counts in no majority and serves nobody until it votes.
> cluster 3 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 4
> run 300
> n1.a members add 4
> run 110
> full 1
n1: the disk is full
> full 2
n2: the disk is full
> full 3
n3: the disk is full
> run 500
n1 hands over to n2
> members
n1: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
> n4.b get x eventual
> n4.b get x
> run 100
> free 1
n1: the disk has room
> hold 4 1
> free 2
n2: the disk has room
> free 3
n3: the disk has room
> crash 3
> n1.a set x 2
> answers
n1.a members add 4 → node 4 votes
n4.b get x eventual → 1
n4.b get x → 1
n1.a set x 2 → OK
> crash 2
> n1.a set x 3
> answers
n1.a set x 3 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
> release 4 1
> start 2
> start 3
> settle
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
> n4.b get x
> answers
n4.b get x → 3
