# What a node has promised stands at the beginning of a log that was cut: term and vote are kept without any snapshot.
> cluster 3 sequential
> settle
> leader
n1 leads
> terms
terms: n1 1, n2 1, n3 1
> crash 1
> run 3000
> leader
n2 leads
> terms
terms: n2 2, n3 2
> start 1
> settle
# Nothing but the mark says in which term node 3 has voted, and of which starts it knows.
> snapshot 3
> run 200
n3: snapshot 1 is in place
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> crash 3
> rot all 3
> start 3
n3: snapshot 1 cannot be read
> terms
terms: n1 2, n2 2, n3 2
> status
n1: boot 2, formed, ready, keys 0, vector []
n2: boot 1, formed, ready, keys 0, vector []
n3: boot 2, formed, waits for its disk, keys 0, vector []
# Nobody gets its vote before it has the state: without the others there is no leader.
> cut 3 1
> cut 3 2
> crash 2
> run 3000
> leader
nobody leads
> status
n1: boot 2, formed, ready, keys 0, vector []
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
> n1.a set k 1
> run 4000
n1.a set k 1 → CLUSTERDOWN no leader in time; the write did not run
# Node 1 alone may have the state, and that is enough for node 3 to take part again.
> heal
> run 3000
n1: snapshot 1 is in place
n3 fetches the state of n1
n3 has the state of n1, up to 2
n3: the state is back
n3: snapshot 3 is in place
> leader
n1 leads
> status
n1: boot 2, formed, ready, keys 0, vector []
n3: boot 2, formed, ready, keys 0, vector []
> n3.c set k 2
> run 500
n3.c set k 2 → OK
> n1.a get k
n1.a get k → 2
> run 100
