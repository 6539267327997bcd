# The order of a keyspace is fixed at its creation.
> cluster 3 linearizable
> settle
> crash 2
> start 2 eventual
node 2 does not start: the keyspace default is agreed in this data directory, and the level asked for needs it merged: an order is fixed when the cluster forms; choose a level of the same order, or use a new directory for a new cluster
> start 2 sequential
> settle
> n2.a get k
n2.a get k → nil
> settle
# Also for a newcomer that has never met the others.
> crash 3
> wipe 3
> start 3 eventual
> run 300
n1 refuses: on node 3 the keyspace default is merged, on this node agreed: an order is fixed when the cluster forms; start every node with a level of the same order
n2 refuses: on node 3 the keyspace default is merged, on this node agreed: an order is fixed when the cluster forms; start every node with a level of the same order
n3 halts (78): on node 1 the keyspace default is agreed, on this node merged: an order is fixed when the cluster forms; start every node with a level of the same order
