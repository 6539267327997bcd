# A committed entry that only a newer version of Candor knows stops a node before it, also at later starts.
> cluster 3 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> forge 1 2 entry-of-newer-version
> settle
n2 halts (78): entry 3 of the agreed log is committed, and this version of Candor does not know entry version 2: nothing behind it can be applied here. A newer version of Candor wrote it: start that one on this data directory
> n3.a set k 2
> settle
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
n3.a set k 2 → OK
> crash 2
> start 2
> settle
n2 halts (78): entry 3 of the agreed log is committed, and this version of Candor does not know entry version 2: nothing behind it can be applied here. A newer version of Candor wrote it: start that one on this data directory
