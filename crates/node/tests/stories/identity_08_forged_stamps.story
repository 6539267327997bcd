# What a member says of merged logs is checked before it is kept: stamps, replicas, sizes, places.
> cluster 3 causal
> settle
> forge 2 1 last-stamp
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 entry-of-stranger
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 great-entry
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 endless-entry
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 last-place
n1 refuses: a message that cannot be read: the sender is of another version, or not Candor
> n1.a set k 1
> n2.a set k 2
> settle
n1.a set k 1 → OK
n2.a set k 2 → OK
> n1.a get k
n1.a get k → 2
> n3.a get k
n3.a get k → 2
> settle
