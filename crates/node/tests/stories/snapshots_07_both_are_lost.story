# Both snapshots of a node cannot be read, and the log before them is cut: it takes the state from another member.
> cluster 3 sequential
> settle
> leader
n1 leads
> n1.a fill key 5
5 of 5 done
> snapshot 3
> run 200
n3: snapshot 1 is in place
> n1.a fill key 10
10 of 10 done
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> n1.a fill more 3
3 of 3 done
> crash 3
> rot all 3
> start 3
n3: snapshot 1 cannot be read
> status
n1: boot 1, formed, ready, keys 13, vector []
n2: boot 1, formed, ready, keys 12, vector []
n3: boot 2, formed, waits for its disk, keys 0, vector []
# It answers nobody meanwhile, and says why.
> run 50
> n3.c get key1 eventual
n3.c get key1 eventual → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n3.c set key1 other
n3.c set key1 other → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n3.c get key1
n3.c get key1 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> run 100
> status
n1: boot 1, formed, ready, keys 13, vector []
n2: boot 1, formed, ready, keys 13, vector []
n3: boot 2, formed, waits for the state, which it has lost, from one of nodes 1 and 2, keys 0, vector []
> run 1500
n2: snapshot 1 is in place
n1: snapshot 1 is in place
n3 fetches the state of n2
n3 has the state of n2, up to 19
n3: the state is back
n3: snapshot 3 is in place
> settle
> status
n1: boot 1, formed, ready, keys 13, vector []
n2: boot 1, formed, ready, keys 13, vector []
n3: boot 2, formed, ready, keys 13, vector []
> n3.c get key10
n3.c get key10 → v
> n3.c get more3
n3.c get more3 → v
# The node has a snapshot of its own again, and starts with it.
> crash 3
> start 3
> settle
> n3.c get more3
n3.c get more3 → v
> n3.c get key10
n3.c get key10 → v
> run 100
# It takes part as before: without node 2 the others need it.
> crash 2
> run 2000
> n1.a set with 3
> run 1000
n1.a set with 3 → OK
> n3.c get with
n3.c get with → 3
> run 100
