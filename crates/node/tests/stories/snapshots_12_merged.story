# A replica that has lost its snapshots joins the state of one that holds all that they held.
> cluster 3 causal
> settle
> n1.a fill a 3
3 of 3 done
> n2.b fill b 3
3 of 3 done
> n3.c fill c 3
3 of 3 done
> run 500
> snapshot 3
> run 200
n3: snapshot 1 is in place
> n3.c fill d 3
3 of 3 done
> run 500
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> n3.c fill e 3
3 of 3 done
> run 500
> crash 3
> rot all 3
> start 3
n3: snapshot 1 cannot be read
> run 50
> n3.c get a1
n3.c get a1 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> n3.c set a1 other
n3.c set a1 other → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> status
n1: boot 1, formed, ready, keys 15, vector [1.1:3 2.1:3 3.1:9]
n2: boot 1, formed, ready, keys 15, vector [1.1:3 2.1:3 3.1:9]
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 6, vector [1.1:3 2.1:3 3.1:9]
> run 3000
n2: snapshot 1 is in place
n1: snapshot 1 is in place
n3 fetches the state of n2
n3 has the state of n2, up to 1
n3 fetches the state of n1
n3 has the state of n1
n3: the state is back
n3: snapshot 3 is in place
> settle
> status
n1: boot 1, formed, ready, keys 15, vector [1.1:3 2.1:3 3.1:9]
n2: boot 1, formed, ready, keys 15, vector [1.1:3 2.1:3 3.1:9]
n3: boot 2, formed, ready, keys 15, vector [1.1:3 2.1:3 3.1:9]
> n3.c get a1
n3.c get a1 → v
> n3.c get c3
n3.c get c3 → v
> n3.c get e3
n3.c get e3 → v
> run 100
# Places are not used again.
> n3.c certify
> n3.c set f 1
> run 100
n3.c set f 1 → OK   at [1.1:3 2.1:3 3.2:1], is 3.2:1.0
> settle
> n1.a get f
n1.a get f → 1
