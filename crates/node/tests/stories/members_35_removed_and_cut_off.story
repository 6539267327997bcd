# Who is removed hears nothing of it, and its connections stay as they are: whoever it talks to says so once that is heard again.
> cluster 3 linearizable
> settle
> n1.a set x 1
> run 100
n1.a set x 1 → OK
> hold 1 3
> hold 2 3
> n1.a members lose 3
> run 1000
n1.a members lose 3 → node 3 is removed; of its merged writes none is held
> members
n1: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
n2: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
n3: members 1, 2, 3
> drop 1 3
> drop 2 3
> run 3000
n3 halts (78): this node was removed from its cluster at index 4: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
n2: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
