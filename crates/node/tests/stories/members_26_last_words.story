# The leader is asked to go, and says itself that it is gone.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n1.a set x 1
> answers
n1.a set x 1 → OK
> n1.a members remove 1
> answers
n1 hands over to n2
n1.a members remove 1 → OK
n1 halts (78): this node was removed from its cluster at index 5: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> run 500
> members
n2: members 2, 3; removed 1; last: node 1 is removed
n3: members 2, 3; removed 1; last: node 1 is removed
# A follower is, as the last entry that it applies or when it is told.
> n3.a members remove 3
> answers
n3.a members remove 3 → OK
n3 halts (78): this node was removed from its cluster at index 7: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> run 500
> members
n2: members 2; removed 1, 3; last: node 3 is removed
# A new disk under an id that was removed is told, too: it would wait in vain.
> join 3 33
> run 500
n2 refuses: a node is to join as node 3, which was removed: an id is never given again
n33 halts (78): this node was removed from its cluster at index 7: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> start 33
node 33 does not start: this node was removed from its cluster at index 7: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
