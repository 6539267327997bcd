# A full disk takes no entry: what was shown is shown on and waits, and what comes is refused.
> cluster 3 sequential
> settle
> n1.a keyspace create cache cache: merged eventual interval
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
> settle
> n1.a set cache:1 apples
n1.a set cache:1 apples → OK
> full 1
n1: the disk is full
> run 1500
n1 hands over to n2
> n1.a get cache:1
n1.a get cache:1 → apples
> n1.a set cache:1 pears
n1.a set cache:1 pears → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> unsynced
unsynced: n1 1, n2 0, n3 0
> free 1
n1: the disk has room
> run 50
> unsynced
unsynced: n1 0, n2 0, n3 0
> values cache:1
n1: agreed nothing, merged apples
n2: agreed nothing, merged apples
n3: agreed nothing, merged apples
# Nor does a clock that is off.
> n1.a set cache:1 plums
n1.a set cache:1 plums → OK
> clock 1 -3600000
> run 2000
n1's clock is off: n2 +3600 s, n3 +3600 s
> n1.a set cache:1 figs
n1.a set cache:1 figs → CLOCKSKEW this node's clock is too far from those of most members to stamp a write; the write did not run. Hint: set the clock (INFO candor shows how far the others are ahead), or write at another node
> n1.a get cache:1
n1.a get cache:1 → plums
> run 50
> unsynced
unsynced: n1 1, n2 0, n3 0
> clock 1 0
> run 3000
n1's clock agrees: n2 +0 s, n3 +0 s
> unsynced
unsynced: n1 0, n2 0, n3 0
> values cache:1
n1: agreed nothing, merged plums
n2: agreed nothing, merged plums
n3: agreed nothing, merged plums
# What it takes counts as what is applied does.
> merged memory 1 300
> n1.a set cache:2 dates
n1.a set cache:2 dates → OK
> n1.a set cache:3 dates
n1.a set cache:3 dates → OK
> n1.a set cache:4 dates
n1.a set cache:4 dates → OOM command not allowed when used memory > 'maxmemory-merged'.
> n1.a del cache:3
n1.a del cache:3 → 1
> n1.a del cache:nothing
n1.a del cache:nothing → OOM command not allowed when used memory > 'maxmemory-merged'.
> merged memory 1 0
