# A crash while a state is joined: the start joins the whole of it, and what was written meanwhile.
> cluster 3 causal
> keep 1000
> joins 1 100
> settle
> cut 1 3
> cut 2 3
> n1.a fill key 30
30 of 30 done
> n2.b set key7 2
> n2.b del key8
> n3.c set here 1
> run 100
n3.c set here 1 → OK
n2.b set key7 2 → OK
n2.b del key8 → 1
> heal
> run 1500
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3 fetches the state of n1
n3 has the state of n1
> status
n1: boot 1, formed, ready, keys 30, vector [1.1:30 2.1:1 3.1:1]
n2: boot 1, formed, ready, keys 30, vector [1.1:30 2.1:1 3.1:1]
n3: boot 1, formed, ready, keys 4, vector [1.1:30 2.1:1 3.1:1], joins a state
> n3.c set key9 mine
> n3.c del key10
> run 50
n3.c set key9 mine → OK
n3.c del key10 → 1
> snapshot 3
> run 100
> crash 3
> start 3
> run 50
> status
n1: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n2: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n3: boot 2, formed, waits for one of nodes 1 and 2 to confirm its start, keys 29, vector [1.1:30 2.1:1 3.1:3]
> settle
> n3.c certify
> n3.c get key7
n3.c get key7 → 2   at [1.1:30 2.1:1 3.1:3], by 2.1:1.0
> n3.c get key8
n3.c get key8 → nil   at [1.1:30 2.1:1 3.1:3], by 2.1:1.1
> n3.c get key9
n3.c get key9 → mine   at [1.1:30 2.1:1 3.1:3], by 3.1:2.0
> n3.c get key10
n3.c get key10 → nil   at [1.1:30 2.1:1 3.1:3], by 3.1:3.0
> n3.c get key30
n3.c get key30 → v   at [1.1:30 2.1:1 3.1:3], by 1.1:30.0
> run 2000
> status
n1: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n2: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n3: boot 2, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
# The same where its snapshots are lost: it answers nobody before the last slice.
> snapshot 3
> run 200
n3: snapshot 1 is in place
> snapshot 3
> run 200
n3: snapshot 2 is in place
> forget 3
> crash 3
> rot all 3
> start 3
n3: snapshot 1 cannot be read
> run 3000
n3 fetches the state of n2
n3 has the state of n2, up to 1
n3 fetches the state of n1
n3 has the state of n1
> n3.c get key9
n3.c get key9 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> status
n1: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n2: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n3: boot 3, formed, waits for the state, which it has lost, from one of nodes 1 and 2, keys 20, vector [1.1:30 2.1:1 3.1:3], joins a state
> crash 3
> start 3
> run 500
> n3.c get key9
n3.c get key9 → CLUSTERDOWN this node has lost its state and takes it from another member; the command did not run. Hint: ask another node (INFO candor, waits_for, says what this one waits for)
> run 9000
n2: snapshot 2 is in place
n1: snapshot 2 is in place
n3 fetches the state of n2
n3 has the state of n2
n3: the state is back
n3: snapshot 3 is in place
> n3.c get key9
n3.c get key9 → mine
> n3.c get key8
n3.c get key8 → nil
> status
n1: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n2: boot 1, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
n3: boot 4, formed, ready, keys 29, vector [1.1:30 2.1:1 3.1:3]
