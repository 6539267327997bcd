# A replica that has forgotten entries of its own, and writes others, hears so from whoever gets these.
> cluster 3 eventual
> settle
> n2.b set k 1
> settle
n2.b set k 1 → OK
> crash 2
> lose 2
> start 2
> run 40
> n2.b set k 2
> run 120
n2.b set k 2 → OK
n2 halts (1): another member holds entry 1 of boot 1 of this node, which this disk does not: the disk lost synced writes, or the data directory is an older copy. Start this node with the directory that it used last; no copy can take its place. If that is damaged, the others go on without this node
> run 30
