# A token that names a member that was removed.
> cluster 3 causal
> settle
> n3.a set a 1
> answers
n3.a set a 1 → OK
> settle
> n1.b get a
n1.b get a → 1
> n1.b token T
> answers
> n1.c members remove 3
> answers
n1.c members remove 3 → node 3 is removed
> settle
n3 halts (78): this node was removed from its cluster at index 3: it takes no part any more, and an id is never given again. Hint: to have this machine back, start it with a new directory and a new id, with --join, and add that
> n2.d waitfor T 500
n2.d waitfor T 500 → OK
> answers
> n1.e get a
n1.e get a → 1
> n1.e token U
> answers
> n2.f waitfor U 500
n2.f waitfor U 500 → OK
> answers
