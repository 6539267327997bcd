# More ids than a cluster has members.
> cluster 3 linearizable
> settle
> n1.a members lose 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40
n1.a members lose 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 → ERR so many members, or so long an address, cannot be: a cluster has at most 31 members, and an address 256 bytes
> answers
> n2.a set x 1
> answers
n2.a set x 1 → OK
> crash 1
> start 1
> settle
> members
n1: members 1, 2, 3
n2: members 1, 2, 3
n3: members 1, 2, 3
