# A restarted node answers once a member has confirmed its start …
> cluster 3 causal
> settle
> crash 3
> cut 1 3
> cut 2 3
> start 3
> n3.a set k 1
> run 1000
> status
n1: boot 1, formed, ready, keys 0, vector []
n2: boot 1, formed, ready, keys 0, vector []
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
# … and, as its logs are merged, also when nobody has answered for two seconds.
> run 1100
n3 serves although nobody has answered
n3.a set k 1 → OK
> heal
> settle
> n1.a get k
n1.a get k → 1
> settle
# With an agreed log it waits.
> cluster 3 sequential
> settle
> crash 3
> cut 1 3
> cut 2 3
> start 3
> n3.a get k
> run 3100
n3.a get k → CLUSTERDOWN no member has confirmed yet that this node is the one that it was before it was started again; the request did not run
> heal
> n3.a get k
> settle
n3.a get k → nil
