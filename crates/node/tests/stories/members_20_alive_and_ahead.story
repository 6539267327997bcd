# LOSE of one that is alive: it says itself where its log ends.
> cluster 5 causal
> settle
> n5.a set a 1
> answers
n5.a set a 1 → OK
> settle
> hold 5 1
> hold 5 2
> hold 5 3
> hold 5 4
> n5.a set b 1
> answers
n5.a set b 1 → OK
> stall 2
> n1.c members lose 5
> run 500
> release 5 1
> run 500
> unstall 2
> run 5000
n1.c members lose 5 → node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n5 halts (78): this node was removed from its cluster at index 3: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> answers
> members
n1: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n2: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n3: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n4: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
> crash 5
> run 20000
> members
n1: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n2: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n3: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
n4: members 1, 2, 3, 4; removed 5; last: node 5 is removed; its merged writes are held up to 1:1, those behind that are lost
