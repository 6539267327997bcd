# While a cluster forms, a node that is told otherwise than another waits, and says once a second who claims what: it cannot know
# which of them is wrong.
> cluster 3 linearizable
> crash 3
> start 3 eventual
> run 1500
n1 refuses: on node 3 the keyspace default is merged, on this node agreed: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n2 refuses: on node 3 the keyspace default is merged, on this node agreed: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n3 refuses: on node 1 the keyspace default is agreed, on this node merged: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n3 refuses: on node 2 the keyspace default is agreed, on this node merged: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n1 refuses: on node 3 the keyspace default is merged, on this node agreed: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n2 refuses: on node 3 the keyspace default is merged, on this node agreed: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n3 refuses: on node 1 the keyspace default is agreed, on this node merged: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
n3 refuses: on node 2 the keyspace default is agreed, on this node merged: an order is fixed when the cluster forms; start every node with a level of the same order. This node waits until they agree
> status
n1: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
n2: boot 1, not formed, waits for node 3, until all have met once, keys 0, vector []
n3: boot 1, not formed, waits for nodes 1 and 2, until all have met once, keys 0, vector []
# Once it is started as the others are, all meet. Nothing had happened on its disk.
> crash 3
> start 3 linearizable
> settle
> n3.a set k 1
> settle
n3.a set k 1 → OK
# The same with a list of peers that is too short.
> cluster 3 causal
> crash 3
> peers 3 1,3
> start 3
> run 900
n1 refuses: node 3 was started with members 1, 3, this node with 1, 2, 3: give every node the same list of peers. This node waits until they agree
n3 refuses: node 1 was started with members 1, 2, 3, this node with 1, 3: give every node the same list of peers. This node waits until they agree
n3 refuses: node 2 says hello: it is no other member of this cluster
n3 refuses: node 2 says hello: it is no other member of this cluster
n3 refuses: node 2 says hello: it is no other member of this cluster
n3 refuses: node 2 says hello: it is no other member of this cluster
n3 refuses: node 2 says hello: it is no other member of this cluster
n3 refuses: node 2 says hello: it is no other member of this cluster
> crash 3
> peers 3 1,2,3
> start 3
> settle
# Once it has formed, it is the stranger that stops.
> crash 3
> wipe 3
> peers 3 1,3
> start 3
> run 500
n1 refuses: node 3 was started with members 1, 3, this node with 1, 2, 3: give every node the same list of peers
n3 halts (78): node 1 was started with members 1, 2, 3, this node with 1, 3: give every node the same list of peers. Its cluster is there already: who is to come into that is started with a new directory, a new id, and --join instead of --peers
> n1.a set k 1
> settle
n1.a set k 1 → OK
