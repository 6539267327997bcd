# The leader is to go: it hands over first, and hears that it is no member any more.
> cluster 4 linearizable
> settle
> leader
n1 leads
> n2.a set x 1
> answers
n2.a set x 1 → OK
> n2.a members remove 1
> answers
n1 hands over to n2
n2.a members remove 1 → node 1 is removed
> run 500
n1 halts (78): this node was removed from its cluster at index 5: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n2: members 2, 3, 4; removed 1; last: node 1 is removed
n3: members 2, 3, 4; removed 1; last: node 1 is removed
n4: members 2, 3, 4; removed 1; last: node 1 is removed
> leader
n2 leads
> start 1
node 1 does not start: this node was removed from its cluster at index 5: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> n3.a get x
> answers
n3.a get x → 1
# Three are left, and go on with two.
> crash 2
> run 1000
> n3.a set x 2
> answers
n3.a set x 2 → OK
