# A member lacks the entry that adds another one, which leads by then: it hears of it from those that it believes.
> cluster 3 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> cut 3 1
> cut 3 2
> join 4
> run 300
> n1.a members add 4
> answers
n3 refuses: node 4 says hello: it is no other member of this cluster
n3 refuses: node 4 says hello: it is no other member of this cluster
n3 refuses: node 4 says hello: it is no other member of this cluster
n1.a members add 4 → node 4 votes
> run 1000
n3 refuses: node 4 says hello: it is no other member of this cluster
n3 refuses: node 4 says hello: it is no other member of this cluster
n3 refuses: node 4 says hello: it is no other member of this cluster
n3 refuses: node 4 says hello: it is no other member of this cluster
n3 refuses: node 4 says hello: it is no other member of this cluster
> n1.a transfer 4
n1 hands over to n4
> answers
n3 refuses: node 4 says hello: it is no other member of this cluster
n1.a transfer 4 → OK
> leader
n4 leads
> heal
> run 4000
> leader
n4 leads
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
> n3.a get x
> answers
n3.a get x → 1
