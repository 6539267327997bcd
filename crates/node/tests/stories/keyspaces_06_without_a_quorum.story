# Who starts alone goes by the keyspaces that are on its disk.
> cluster 3 sequential
> settle
> n1.a keyspace create carts cart: merged causal
> answers
n1.a keyspace create carts cart: merged causal → OK
> n1.a set cart:1 apples
> n1.a set other 1
> answers
n1.a set cart:1 apples → OK
n1.a set other 1 → OK
> settle
> crash 1
> crash 2
> crash 3
> start 3
> run 1900
> n3.b get cart:1
> n3.b set cart:2 pears
> n3.c get other eventual
> run 300
n3 serves although nobody has answered
n3.b get cart:1 → apples
n3.c get other eventual → CLUSTERDOWN no member has confirmed yet that this node is the one that it was before it was started again, and without that it serves merged keyspaces alone; the command did not run
n3.b set cart:2 pears → OK
> n3.c get other eventual
n3.c get other eventual → CLUSTERDOWN no member has confirmed yet that this node is the one that it was before it was started again, and without that it serves merged keyspaces alone; the command did not run
> n3.b keyspace list
n3.b keyspace list → [[name, default, prefix, , order, agreed, level, sequential, allow, causal eventual, durability, disk, state, open, id, 1], [name, carts, prefix, cart:, order, merged, level, causal, allow, , durability, disk, state, open, id, 2]]
> status
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector [1.1:1 3.2:1]
# So does who has lost its snapshots, and takes the agreed state from another.
> start 1
> start 2
> settle
> n2.d get cart:2
n2.d get cart:2 → pears
> snapshot 2
> run 100
n2: snapshot 1 is in place
> n1.a set other 2
> n1.a set cart:3 plums
> settle
n1.a set other 2 → OK
n1.a set cart:3 plums → OK
> snapshot 2
> run 100
n2: snapshot 2 is in place
> forget 2
> rot all 2
> crash 2
> start 2
n2: snapshot 1 cannot be read
> settle
n1: snapshot 1 is in place
n3: snapshot 1 is in place
n2 fetches the state of n1
n2 has the state of n1, up to 6
> n2.d get cart:3
n2.d get cart:3 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n2.d get other
n2.d get other → 2
> run 100
> n2.d keyspace list
n2.d keyspace list → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
