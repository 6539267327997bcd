# A node that is not ready says what it waits for.
> cluster 3 linearizable
> status
n1: boot 1, not formed, waits for its disk, keys 0, vector []
n2: boot 1, not formed, waits for its disk, keys 0, vector []
n3: boot 1, not formed, waits for its disk, keys 0, vector []
> crash 3
> run 300
> status
n1: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
n2: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
> start 3
> settle
> status
n1: boot 1, formed, ready, keys 0, vector []
n2: boot 1, formed, ready, keys 0, vector []
n3: boot 1, formed, ready, keys 0, vector []
> crash 1
> crash 2
> run 3000
> status
n3: boot 1, formed, waits for a leader; it does not hear nodes 1 and 2, keys 0, vector []
> crash 3
> start 3
> run 100
> status
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
