# Of two that are removed as dead one is alive: the dead one goes first, since it counts in majorities until then.
> cluster 3 linearizable
> settle
> n3.a set x 1
> answers
n3.a set x 1 → OK
> crash 2
> run 500
> part 1 2
> part 3 2
> n3.a members lose 1 2
> answers
n1 hands over to n3
n3.a members lose 1 2 → node 1 is removed; of its merged writes none is held; node 2 is removed; of its merged writes none is held
> run 500
n1 halts (78): this node was removed from its cluster at index 6: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n3: members 3; removed 1, 2; last: node 1 is removed; of its merged writes none is held; node 2 is removed; of its merged writes none is held
> n3.a set x 2
> answers
n3.a set x 2 → OK
# What one that is alive has beyond all others is lost, also where it says so: nobody takes anything from it any more.
> cluster 5 causal
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
> answers
n1.c members lose 5 → node 5 is removed; of its merged writes none is held
> run 500
n5 halts (78): this node was removed from its cluster at index 3: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> members
n1: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
n2: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
n3: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
n4: members 1, 2, 3, 4; removed 5; last: node 5 is removed; of its merged writes none is held
> values b
n1: agreed nothing, merged nothing
n2: agreed nothing, merged nothing
n3: agreed nothing, merged nothing
n4: agreed nothing, merged nothing
# A token that names who was removed goes on, as far as its writes are held by all; what is lost cannot be waited for.
> cluster 3 causal
> settle
> n3.a set a 1
> answers
n3.a set a 1 → OK
> settle
> n2.a get a
n2.a get a → 1
> n2.a token T
> hold 3 1
> hold 3 2
> n3.a set b 1
> answers
n3.a set b 1 → OK
> n3.a token U
> run 100
> crash 3
> part 1 3
> part 2 3
> n1.c members lose 3
> answers
n1.c members lose 3 → node 3 is removed; its merged writes are held up to 1:1, those behind that are lost
> n1.b waitfor T 500
n1.b waitfor T 500 → OK
> n1.b get a
n1.b get a → 1
> n1.d waitfor U 500
n1.d waitfor U 500 → CONSISTENCY the token names merged writes of node 3, which was removed without them: they are lost. Hint: begin a new session
> answers
