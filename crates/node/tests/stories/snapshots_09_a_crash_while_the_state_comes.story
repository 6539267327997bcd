# A node that fetches a lost state crashes in the middle, and begins anew.
> cluster 3 sequential
> pieces 300
> settle
> n1.a fill key 40
40 of 40 done
> snapshot 3
> run 200
n3: snapshot 1 is in place
> n1.a fill key 10
10 of 10 done
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> crash 3
> rot all 3
> start 3
n3: snapshot 1 cannot be read
> run 600
n2: snapshot 1 is in place
> crash 3
> start 3
> run 20
> status
n1: boot 1, formed, ready, keys 40, vector []
n2: boot 1, formed, ready, keys 40, vector []
n3: boot 3, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
> run 600
n3 fetches the state of n2
# Its disk stands still as the last piece comes: nothing counts before that is synced.
> stall 3
> run 2000
> status
n1: boot 1, formed, ready, keys 40, vector []
n2: boot 1, formed, ready, keys 40, vector []
n3: boot 3, formed, waits for the state, which it has lost, from one of nodes 1 and 2, keys 0, vector []
> n3.c get key1
n3.c get key1 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> run 50
> unstall 3
> run 2000
n3 has the state of n2, up to 51
n3: the state is back
n3: snapshot 3 is in place
> settle
> status
n1: boot 1, formed, ready, keys 40, vector []
n2: boot 1, formed, ready, keys 40, vector []
n3: boot 3, formed, ready, keys 40, vector []
> n3.c get key40
n3.c get key40 → v
> run 100
