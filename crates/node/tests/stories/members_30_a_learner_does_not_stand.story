# Two are left that vote, and do not hear each other. A learner hears both of them, and holds the whole log: it stands for no
# election all the same.
> cluster 3 linearizable
> settle
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
> members
n1: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n2: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n3: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
n4: members 1, 2, 3, 4 learner; under way: node 4 at host4 is to be added
> crash 1
> hold 2 3
> hold 3 2
> free 2
n2: the disk has room
> free 3
n3: the disk has room
> run 4000
> leader
nobody leads
> release 2 3
> release 3 2
> run 3000
> leader
n2 leads
> members
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
