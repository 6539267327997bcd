# Who is no survivor of this cluster, or cannot be trusted, is refused; an older copy is told of.
> cluster 3 linearizable
> settle
> n1.a set k 1
> answers
n1.a set k 1 → OK
> settle
> save 2
> crash 2
> start 2
> settle
> join 4
> run 300
> n1.a members add 4
> answers
n1.a members add 4 → node 4 votes
> settle
> n1.a members remove 4
> answers
n1.a members remove 4 → node 4 is removed
> run 500
n4 halts (78): this node was removed from its cluster at index 7: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
# Node 6 does not hear that it is removed.
> join 6
> run 300
> n1.a members add 6
> answers
n1.a members add 6 → node 6 votes
> settle
> crash 6
> n1.a members lose 6
> answers
n1.a members lose 6 → node 6 is removed; of its merged writes none is held
> join 5
> run 300
> crash 1
> crash 2
> crash 3
> crash 4
> crash 5
> recover 1 2 as 7
n1: boot 1, agreed up to 12 in term 1, committed 12, merged []
n2: boot 2, agreed up to 12 in term 1, committed 12, merged []
lost: n3 (host3), merged nothing
they are a majority
taken: n1, keys 1 and 0
n7 is made, epoch 2
> recover 1 as 8
n1: boot 1, agreed up to 12 in term 1, committed 12, merged []
lost: n2 (host2), merged nothing
lost: n3 (host3), merged nothing
taken: n1, keys 1 and 0
n8 is made, epoch 2
# Of two clusters, or two times the same.
> recover 1 7 as 9
nothing is made: it is of cluster 0000000000000fa7, epoch 2, and those before it are of cluster ea3dff14f7c20f18, epoch 1
  hint: name the directories of one cluster
> recover 1 1 as 9
nothing is made: it is of node 1, and so is one before it
  hint: name of each node the directory that it ran on last
# Who was removed, or has not come in.
> recover 1 4 as 9
nothing is made: its node is a member no more: it was removed at index 7
  hint: leave this directory out; what it alone holds is lost then
> recover 1 6 as 9
nothing is made: n6: node 6 is a member no more: it was removed at index 12
  hint: leave this directory out; what it alone holds is lost then
> recover 5 as 9
nothing is made: it is of a node whose cluster had not formed yet, or that had not joined one
  hint: leave this directory out; what it alone holds is lost then
> recover as 9
nothing is made: there is no survivor
# A copy from before its node was started again.
> restore 2
> recover 1 2 as 9
n1: boot 1, agreed up to 12 in term 1, committed 12, merged []
n2: boot 1, agreed up to 2 in term 1, committed 1, merged [], outlived by boot 2
lost: n3 (host3), merged nothing
they are a majority
taken: n1, keys 1 and 0
n9 is made, epoch 2
# A start that was not believed any more.
> start 2
> start 1
> start 3
> settle
n2 halts (78): node 1 believes start 2 of this node, which this data directory has not lived. This data directory is an older copy, or the original of a copy that went on: it does not know what this node has promised since, so it must never be started again. The other members go on while they are a majority. Hint: start the node with the directory that it used last
> run 1000
> crash 1
> crash 3
> recover 1 2 as 9
nothing is made: it is a copy: another start of its node was believed
  hint: leave this directory out; what it alone holds is lost then
