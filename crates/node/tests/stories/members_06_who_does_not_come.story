# Who does not come is not added; the id is free then, since nobody had it.
> cluster 3 linearizable
> settle
> n1.a members add 4
> answers
n1.a members add 4 → INDETERMINATE the change of members goes on. Hint: CLUSTER-ADMIN STATUS says how far it is, and what came of it
> members
n1: members 1, 2, 3; under way: node 4 at host4 is to be added; waits for node 4 to answer at host4
n2: members 1, 2, 3; under way: node 4 at host4 is to be added
n3: members 1, 2, 3; under way: node 4 at host4 is to be added
> n1.a members add 5
> answers
n1.a members add 5 → ERR another change of members is under way: node 4 at host4 is to be added. Hint: CLUSTER-ADMIN STATUS shows how far it is
> run 65000
> members
n1: members 1, 2, 3; last: node 4 did not answer at host4 within 60 s of log time: it is not added. Hint: start it with --id 4 --peer-listen host4 --join and the address of a member, then add it
n2: members 1, 2, 3; last: node 4 did not answer at host4 within 60 s of log time: it is not added. Hint: start it with --id 4 --peer-listen host4 --join and the address of a member, then add it
n3: members 1, 2, 3; last: node 4 did not answer at host4 within 60 s of log time: it is not added. Hint: start it with --id 4 --peer-listen host4 --join and the address of a member, then add it
# It comes, and another one under the same id, which is turned away; and one under an id that a member has.
> join 4 44
> join 4
> run 300
> n1.a members add 4
> answers
n1 refuses: a node is to join as node 4, which is a member already, with another data directory
n2 refuses: a node is to join as node 4, which is a member already, with another data directory
n3 refuses: a node is to join as node 4, which is a member already, with another data directory
n1.a members add 4 → node 4 votes
> settle
n1 refuses: a node is to join as node 4, which is a member already, with another data directory
n2 refuses: a node is to join as node 4, which is a member already, with another data directory
n3 refuses: a node is to join as node 4, which is a member already, with another data directory
it does not settle
> run 500
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
n44: members none
> crash 44
> join 2 22
> run 500
n4 refuses: a node is to join as node 2, which is a member already, with another data directory
> crash 22
# Who is wanted no more is given up, also where it learns already.
> n1.a members add 5
> run 300
> members
n1: members 1, 2, 3, 4; under way: node 5 at host5 is to be added; waits for node 5 to answer at host5; last: node 4 votes
n2: members 1, 2, 3, 4; under way: node 5 at host5 is to be added; last: node 4 votes
n3: members 1, 2, 3, 4; under way: node 5 at host5 is to be added; last: node 4 votes
n4: members 1, 2, 3, 4; under way: node 5 at host5 is to be added; last: node 4 votes
> n2.a members remove 5
> answers
n1.a members add 5 → ERR node 5 is not added: that was taken back
n2.a members remove 5 → node 5 is not added: that was taken back
> members
n1: members 1, 2, 3, 4; last: node 5 is not added: that was taken back
n2: members 1, 2, 3, 4; last: node 5 is not added: that was taken back
n3: members 1, 2, 3, 4; last: node 5 is not added: that was taken back
n4: members 1, 2, 3, 4; last: node 5 is not added: that was taken back
> n2.a members move 3 elsewhere
> answers
n2.a members move 3 elsewhere → OK
> n2.a members move 3 host1
> answers
n2.a members move 3 host1 → ERR host1 is the address of node 1: each member has its own
> n2.a members remove 9
> answers
n2.a members remove 9 → ERR node 9 is no member: the members are 1, 2, 3, 4
