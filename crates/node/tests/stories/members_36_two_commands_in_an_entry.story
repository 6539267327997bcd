# Two commands about members stand in one entry, which is applied in two turns: all go by what both of them say.
> cluster 3 linearizable
> settle
> crash 3
> run 500
> part 1 3
> steps 1
> stall 1
> n1.c set x 1
> n1.a members move 3 host9
> n1.b members lose 3
> unstall 1
> run 3000
n1.c set x 1 → OK
n1.a members move 3 host9 → OK
n1.b members lose 3 → node 3 is removed; of its merged writes none is held
> answers
> members
n1: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
n2: members 1, 2; removed 3; last: node 3 is removed; of its merged writes none is held
