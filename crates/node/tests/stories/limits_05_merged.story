# In merged keyspaces each replica has a limit of its own, and refuses what its own clients ask.
> cluster 3 causal
> settle
> merged memory 2 150
> n2.b set key value
> n2.b set k v
> settle
n2.b set key value → OK
n2.b set k v → OK
> n2.b set l v
> settle
n2.b set l v → OK
> n2.b set m v
n2.b set m v → OOM command not allowed when used memory > 'maxmemory-merged'.
> n2.b mset m v n w
n2.b mset m v n w → OOM command not allowed when used memory > 'maxmemory-merged'.
> n2.b exists k l m
n2.b exists k l m → 2
> settle
# What another replica took is merged all the same.
> n1.a set m v
> n3.c set other value
> settle
n1.a set m v → OK
n3.c set other value → OK
> memory
n1: agreed 0, no limit set; merged 344, at most 0
n2: agreed 0, no limit set; merged 344, at most 150
n3: agreed 0, no limit set; merged 344, at most 0
> n2.b get m
n2.b get m → v
> settle
# A removal goes on where it leaves no more than it frees. One of keys that are not known here leaves records, and is
# refused: else removals alone could fill any memory.
> n2.b del key
> n2.b del key
> n2.b del none
n2.b del none → OOM command not allowed when used memory > 'maxmemory-merged'.
> n2.b del other other none1
n2.b del other other none1 → OOM command not allowed when used memory > 'maxmemory-merged'.
> n2.b del k l m other none1 none2
n2.b del k l m other none1 none2 → OOM command not allowed when used memory > 'maxmemory-merged'.
> n2.b del k l m other
> settle
n2.b del key → 1
n2.b del key → 0
n2.b del k l m other → 4
> memory
n1: agreed 0, no limit set; merged 331, at most 0
n2: agreed 0, no limit set; merged 331, at most 150
n3: agreed 0, no limit set; merged 331, at most 0
# With no limit all goes on.
> merged memory 2 0
> n2.b del none
> n2.b set m v
> settle
n2.b del none → 0
n2.b set m v → OK
> memory
n1: agreed 0, no limit set; merged 400, at most 0
n2: agreed 0, no limit set; merged 400, at most 0
n3: agreed 0, no limit set; merged 400, at most 0
