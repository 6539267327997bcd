# While a cluster forms, somebody starts node 3 as node 2 by mistake, before the right node 2. (The story calls it 21.) Nobody stops: all wait
# and say so. Once the wrong one has been silent for two seconds, the right one is met.
> cluster 3 linearizable
> crash 2
> wipe 2
> crash 3
> twin 2 21
> run 300
> start 2
> run 900
n1 refuses: node 2 comes with another data directory than the one that this node has met: two processes were started as node 2, or it was started anew on another directory. End the wrong one. This node waits until they agree
n2 refuses: node 1 has met node 2, this one, with another data directory: two processes were started as node 2, or it was started anew on another directory. End the wrong one. This node waits until they agree
> status
n1: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
n2: boot 1, not formed, waits for nodes 1 and 3, until all have met once, keys 0, vector []
n21: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
> crash 21
> start 3
> run 2500
n1 refuses: node 2 comes with another data directory than the one that this node has met: two processes were started as node 2, or it was started anew on another directory. End the wrong one. This node waits until they agree
n2 refuses: node 1 has met node 2, this one, with another data directory: two processes were started as node 2, or it was started anew on another directory. End the wrong one. This node waits until they agree
n1 refuses: node 2 comes with another data directory than the one that this node has met: two processes were started as node 2, or it was started anew on another directory. End the wrong one. This node waits until they agree
n2 refuses: node 1 has met node 2, this one, with another data directory: two processes were started as node 2, or it was started anew on another directory. End the wrong one. This node waits until they agree
> settle
> n2.a set k 1
> settle
n2.a set k 1 → OK
