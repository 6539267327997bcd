# Snapshots say which keyspaces there are, to who starts and to who fetches.
> cluster 3 causal
> settle
> keep 100
> n1.a keyspace create users user: agreed sequential
> answers
n1.a keyspace create users user: agreed sequential → OK
> n1.a set user:1 anna
> answers
n1.a set user:1 anna → OK
> cut 3 1
> cut 3 2
> n1.a fill user: 20
20 of 20 done
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> snapshot 2
> run 100
n2: snapshot 1 is in place
> forget 1
> crash 1
> start 1
> heal
> settle
n2 reads its log on disk
> n1.a set user:1 ben
> n3.b set user:2 carl
> n3.c set default 1
> answers
n3.c set default 1 → OK
n1.a set user:1 ben → OK
n3.b set user:2 carl → OK
> settle
> values user:2
n1: agreed carl, merged nothing
n2: agreed carl, merged nothing
n3: agreed carl, merged nothing
> values default
n1: agreed nothing, merged 1
n2: agreed nothing, merged 1
n3: agreed nothing, merged 1
> n3.b keyspace list
n3.b keyspace list → [[name, default, prefix, , order, merged, level, causal, allow, eventual, durability, disk, state, open, id, 1], [name, users, prefix, user:, order, agreed, level, sequential, allow, , durability, disk, state, open, id, 2]]
# Nobody has the merged state of who has lost its own: it takes no write of default for one of users.
> n1.a set default 2
> settle
n1.a set default 2 → OK
> snapshot 2
> run 100
n2: snapshot 2 is in place
> snapshot 2
> run 100
n2: snapshot 3 is in place
> forget 2
> rot all 2
> crash 2
> cut 2 1
> cut 2 3
> start 2
n2: snapshot 2 cannot be read
> run 5000
n2 serves although nobody has answered
> n2.a get user:1
n2.a get user:1 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n2.a set user:1 lost
n2.a set user:1 lost → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n2.a get default
n2.a get default → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> run 100
> status
n1: boot 2, formed, ready, keys 1, vector [1.2:1 3.1:1]
n2: boot 2, formed, waits for the state, which it has lost, from one of nodes 1 and 3, keys 0, vector [1.2:1 3.1:1]
n3: boot 1, formed, ready, keys 1, vector [1.2:1 3.1:1]
