# A disk that lost what was acknowledged is found out: by the leader's heartbeat in the agreed order …
> cluster 3 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> crash 2
> lose 2
> start 2
> settle
n2 halts (1): the leader counts on entry 2 of the agreed log, which this node acknowledged and its disk does not hold: the disk lost synced writes, or the data directory is an older copy. Start this node with the directory that it used last; no copy can take its place. If that is damaged, the others go on without this node while they are a majority
# … and by whoever holds the lost entry in the merged one.
> cluster 3 eventual
> settle
> n2.b set k 1
> settle
n2.b set k 1 → OK
> crash 2
> lose 2
> start 2
> settle
n2 halts (1): another member holds entry 1 of boot 1 of this node, which this disk does not: the disk lost synced writes, or the data directory is an older copy. Start this node with the directory that it used last; no copy can take its place. If that is damaged, the others go on without this node
