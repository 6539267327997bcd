# Own entries that had not spread stood in the lost snapshots alone: the replica waits for them, and never serves without.
> cluster 3 causal
> settle
> n3.c fill a 2
2 of 2 done
> run 500
> cut 3 1
> cut 3 2
> n3.c set alone 1
> run 100
n3.c set alone 1 → OK
> snapshot 3
> run 200
n3: snapshot 1 is in place
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> n3.c set kept 1
> run 100
n3.c set kept 1 → OK
> crash 3
> rot all 3
> heal
> start 3
n3: snapshot 1 cannot be read
> run 3000
n3: nobody has 3.1:3
n2: snapshot 1 is in place
n1: snapshot 1 is in place
n3 fetches the state of n2
n3 has the state of n2, up to 1
> status
n1: boot 1, formed, ready, keys 2, vector [3.1:2]
n2: boot 1, formed, ready, keys 2, vector [3.1:2]
n3: boot 2, formed, waits for a member that has the merged entries of node 3 up to 1:3: they stood in a state that this node has lost, and no member that it hears has them, keys 1, vector [3.1:4]
> n3.c get a1
n3.c get a1 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n3.c set a1 other
n3.c set a1 other → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> run 5000
> status
n1: boot 1, formed, ready, keys 2, vector [3.1:2]
n2: boot 1, formed, ready, keys 2, vector [3.1:2]
n3: boot 2, formed, waits for a member that has the merged entries of node 3 up to 1:3: they stood in a state that this node has lost, and no member that it hears has them, keys 1, vector [3.1:4]
# What stands in its kept log depends on them, so nobody else takes it in.
> n1.a get kept
n1.a get kept → nil
> n1.a get alone
n1.a get alone → nil
> n1.a get a2
n1.a get a2 → v
> run 100
