# Two of three have lost their states. The third alone is no majority: nobody answers, until they have its state.
> cluster 3 sequential
> settle
> leader
n1 leads
> n1.a fill key 5
5 of 5 done
> snapshot 2
> snapshot 3
> run 200
n2: snapshot 1 is in place
n3: snapshot 1 is in place
> n1.a fill key 10
10 of 10 done
> snapshot 2
> snapshot 3
> run 200
n2: snapshot 2 is in place
n3: snapshot 2 is in place
> forget 2
> forget 3
> crash 2
> crash 3
> rot all 2
> rot all 3
> start 2
n2: snapshot 1 cannot be read
> start 3
n3: snapshot 1 cannot be read
> run 100
> status
n1: boot 1, formed, ready, keys 10, vector []
n2: boot 2, formed, waits for the state, which it has lost, from one of nodes 1 and 3, keys 0, vector []
n3: boot 2, formed, waits for the state, which it has lost, from one of nodes 1 and 2, keys 0, vector []
> n2.b get key1 eventual
n2.b get key1 eventual → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n1.a set key1 2
> run 5000
n1: snapshot 1 is in place
n2 fetches the state of n1
n3 fetches the state of n1
n2 has the state of n1, up to 16
n2: the state is back
n3 has the state of n1, up to 16
n3: the state is back
n2: snapshot 3 is in place
n3: snapshot 3 is in place
n1.a set key1 2 → OK
> settle
> status
n1: boot 1, formed, ready, keys 10, vector []
n2: boot 2, formed, ready, keys 10, vector []
n3: boot 2, formed, ready, keys 10, vector []
> n2.b get key1
n2.b get key1 → 2
> n3.c get key10
n3.c get key10 → v
> run 100
# Both, while the third is down: they wait, and say so.
> snapshot 2
> snapshot 3
> run 200
n2: snapshot 4 is in place
n3: snapshot 4 is in place
> snapshot 2
> snapshot 3
> run 200
n2: snapshot 5 is in place
n3: snapshot 5 is in place
> forget 2
> forget 3
> crash 2
> crash 3
> crash 1
> rot all 2
> rot all 3
> start 2
n2: snapshot 4 cannot be read
> start 3
n3: snapshot 4 cannot be read
> run 5000
> status
n2: boot 3, formed, waits for the state, which it has lost, from one of nodes 1 and 3, keys 0, vector []
n3: boot 3, formed, waits for the state, which it has lost, from one of nodes 1 and 2, keys 0, vector []
> leader
nobody leads
> n2.b set key1 3
n2.b set key1 3 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> start 1
> run 3000
n1: snapshot 2 is in place
> settle
n2 fetches the state of n1
n3 fetches the state of n1
n2 has the state of n1, up to 18
n2: the state is back
n3 has the state of n1, up to 18
n3: the state is back
n2: snapshot 6 is in place
n3: snapshot 6 is in place
> n3.c get key1
n3.c get key1 → 2
> run 100
> status
n1: boot 2, formed, ready, keys 10, vector []
n2: boot 3, formed, ready, keys 10, vector []
n3: boot 3, formed, ready, keys 10, vector []
