# Who has lost the agreed state and has no merged one to lose goes by the keyspaces that its log names.
> cluster 3 causal
> settle
> n1.a keyspace create users user: agreed sequential
> answers
n1.a keyspace create users user: agreed sequential → OK
> n1.a set user:1 anna
> answers
n1.a set user:1 anna → OK
> settle
> snapshot 2
> run 100
n2: snapshot 1 is in place
> snapshot 2
> run 100
n2: snapshot 2 is in place
> forget 2
> rot all 2
> crash 2
> cut 2 1
> cut 2 3
> start 2
n2: snapshot 1 cannot be read
> run 5000
n2 serves although nobody has answered
> n2.a get user:1
n2.a get user:1 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n2.a set user:1 lost
n2.a set user:1 lost → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n2.b set default 1
> run 100
n2.b set default 1 → OK
> heal
> settle
n3: snapshot 1 is in place
n1: snapshot 1 is in place
n2 fetches the state of n3
n2 has the state of n3, up to 4
n2: the state is back
n2: snapshot 3 is in place
> run 1000
> values user:1
n1: agreed anna, merged nothing
n2: agreed anna, merged nothing
n3: agreed anna, merged nothing
> n2.c get user:1
n2.c get user:1 → anna
> run 100
