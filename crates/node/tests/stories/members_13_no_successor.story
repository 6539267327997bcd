# A leader that is to go leads on as long as nobody else should lead, and goes once it has handed over.
> cluster 3 linearizable
> settle
> clock 2 3600000
> clock 3 -3600000
> run 3000
n2's clock is off: n1 -3600 s, n3 -3600 s
n3's clock is off: n1 +3600 s, n2 +3600 s
n1's clock is off: n2 +3600 s, n3 -3600 s
> leader
n1 leads
> n2.a members remove 1
> run 1000
> members
n1: members 1 leaving, 2, 3; under way: node 1 leaves; waits for node 1 leads, and hands over before it goes
n2: members 1 leaving, 2, 3; under way: node 1 leaves
n3: members 1 leaving, 2, 3; under way: node 1 leaves
> clock 2 0
> clock 3 0
> answers
n2's clock agrees: n1 +0 s, n3 -3600 s
n3's clock agrees: n1 +0 s, n2 +3600 s
n1 hands over to n2
n1's clock agrees: n2 +0 s, n3 -3600 s
n2.a members remove 1 → node 1 is removed
> run 500
n1 halts (78): this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n2: members 2, 3; removed 1; last: node 1 is removed
n3: members 2, 3; removed 1; last: node 1 is removed
> n2.a set x 1
> answers
n2.a set x 1 → OK
