# A node that is started to join is added: it learns, and then it votes.
> cluster 3 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> join 4
> run 500
> members
n1: members 1, 2, 3; to join 4
n2: members 1, 2, 3; to join 4
n3: members 1, 2, 3; to join 4
n4: members none
> n4.b get x
> run 100
> n2.a members add 4
> answers
n2.a members add 4 → node 4 votes
n4.b get x → 1
> settle
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
> status
n1: boot 1, formed, ready, keys 1, vector []
n2: boot 1, formed, ready, keys 1, vector []
n3: boot 1, formed, ready, keys 1, vector []
n4: boot 1, formed, ready, keys 1, vector []
# It serves, and counts: with two of the first three away two are no majority, and three are.
> n4.b get x
> n4.b set y 2
> answers
n4.b get x → 1
n4.b set y 2 → OK
> crash 2
> run 1000
> n4.b set y 3
> answers
n4.b set y 3 → OK
> crash 3
> run 1000
> n4.b set y 4
> answers
n4.b set y 4 → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
