# A replica that lacks more than the logs of the others hold fetches the state of one of them.
> cluster 3 causal
> keep 1000
> settle
> n3.c set own 1
> run 100
n3.c set own 1 → OK
> crash 3
> n1.a fill key 30
30 of 30 done
> n2.b set key7 2
> n2.b del key8
> run 100
n2.b set key7 2 → OK
n2.b del key8 → 1
> start 3
> run 3000
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3 fetches the state of n1
n3 has the state of n1
> n3.c set own 2
> run 100
n3.c set own 2 → OK
> settle
> n3.c certify
> n3.c get key30
n3.c get key30 → v   at [1.1:30 2.1:1 3.2:1], by 1.1:30.0
> n3.c get key7
n3.c get key7 → 2   at [1.1:30 2.1:1 3.2:1], by 2.1:1.0
> n3.c get key8
n3.c get key8 → nil   at [1.1:30 2.1:1 3.2:1], by nothing
> n1.a get own
n1.a get own → 2
> run 100
> status
n1: boot 1, formed, ready, keys 30, vector [1.1:30 2.1:1 3.2:1]
n2: boot 1, formed, ready, keys 30, vector [1.1:30 2.1:1 3.2:1]
n3: boot 2, formed, ready, keys 30, vector [1.1:30 2.1:1 3.2:1]
> crash 3
> start 3
> settle
> n3.c get key30
n3.c get key30 → v
> n3.c get own
n3.c get own → 2
> run 100
> status
n1: boot 1, formed, ready, keys 30, vector [1.1:30 2.1:1 3.2:1]
n2: boot 1, formed, ready, keys 30, vector [1.1:30 2.1:1 3.2:1]
n3: boot 3, formed, ready, keys 30, vector [1.1:30 2.1:1 3.2:1]
