# A node that is started to discard its state loads no snapshot, good or not.
> cluster 3 sequential
> settle
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
> start 3 discard
> run 50
> status
n1: boot 1, formed, ready, keys 13, vector []
n2: boot 1, formed, ready, keys 13, vector []
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
# Started without that word it goes on as if it had lost them.
> crash 3
> start 3
> run 50
> status
n1: boot 1, formed, ready, keys 13, vector []
n2: boot 1, formed, ready, keys 13, vector []
n3: boot 3, formed, waits for one of nodes 1 and 2 to confirm its start, keys 0, vector []
> run 3000
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
n3: boot 3, formed, ready, keys 13, vector []
> n3.c get key10
n3.c get key10 → v
> n3.c get more3
n3.c get more3 → v
> run 100
# A log that is whole needs nobody else's state.
> crash 2
> start 2 discard
> run 50
n2: snapshot 2 is in place
> settle
> status
n1: boot 1, formed, ready, keys 13, vector []
n2: boot 2, formed, ready, keys 13, vector []
n3: boot 3, formed, ready, keys 13, vector []
# By itself a node cannot do without.
> cluster 1 sequential
> settle
> n1.a fill key 5
5 of 5 done
> snapshot 1
> run 200
n1: snapshot 1 is in place
> snapshot 1
> run 200
n1: snapshot 2 is in place
> forget 1
> crash 1
> start 1 discard
node 1 does not start: there is no state to start with: no snapshot can be read, or it is to be discarded, and the log before it was cut. This node is by itself, so there is nobody to take the state from. Nothing was changed; keep the directory, and check the disk
> rot all 1
> start 1
n1: snapshot 1 cannot be read
node 1 does not start: there is no state to start with: no snapshot can be read, or it is to be discarded, and the log before it was cut. This node is by itself, so there is nobody to take the state from. Nothing was changed; keep the directory, and check the disk
