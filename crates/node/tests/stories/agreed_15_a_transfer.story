# Somebody asks that another member lead, at the leader or at any other node, and is answered when it does.
> cluster 3 linearizable
> settle
> run 1000
> members 1
n1 at host1: leader, lacks 0
n2 at host2: voter, lacks 0
n3 at host3: voter, lacks 0
> n1.a transfer 2
n1 hands over to n2
> run 120
n1.a transfer 2 → OK
> members 2
n1 at host1: voter, lacks 0
n2 at host2: leader, lacks 0
n3 at host3: voter, lacks 0
# At a follower: the leader hears of it. Writes go on.
> n3.c transfer 1
> n3.b set k 1
> n2.b set k 2
> run 150
n2 hands over to n1
n2.b set k 2 → OK
n3.c transfer 1 → OK
n3.b set k 1 → OK
> leader
n1 leads
> n1.a get k
> settle
n1.a get k → 1

# Who leads already is answered at once, and who is no member is not waited for.
> n2.b transfer 1
n2.b transfer 1 → OK
> n2.b transfer 9
n2.b transfer 9 → ERR node 9 is no member that may lead; node 1 leads on. Hint: CLUSTER-ADMIN STATUS says who is
> run 30

# Who is not reached does not lead, wherever it is asked.
> crash 3
> part 1 3
> part 2 3
> n1.a transfer 3
n1.a transfer 3 → ERR node 3 is not reached by the leader; node 1 leads on. Hint: CLUSTER-ADMIN STATUS says whom a node reaches
> n2.b transfer 3
> run 50
n2.b transfer 3 → ERR node 3 is not reached by the leader; node 1 leads on. Hint: CLUSTER-ADMIN STATUS says whom a node reaches

# Who is about to end, or whose clock is off, is waited for until the request timeout.
> end 2
> run 50
> n1.a transfer 2
> run 3000
n1.a transfer 2 → ERR node 2 is not fit to lead: its clock is off or not compared yet, its disk is full, or it is about to end; node 1 leads on. Hint: INFO candor of that node has clock_ok and disk_full

# With no leader nobody is asked.
> start 3
> settle
> crash 2
> cut 1 3
> run 2000
> n3.c transfer 1
> run 3000
n3.c transfer 1 → CLUSTERDOWN no leader in time; nobody was asked to hand over
