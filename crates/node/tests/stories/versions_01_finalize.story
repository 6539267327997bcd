# A cluster that the version before founded: nothing of this one is proposed before all have it and somebody has said so.
> cluster 3 linearizable
> settle
> n1.a set x 1
> answers
n1.a set x 1 → OK
> versions
n1: version 2; n1 2, n2 2, n3 2
n2: version 2; n1 2, n2 2, n3 2
n3: version 2; n1 2, n2 2, n3 2
> crash 1
> crash 2
> crash 3
> founded earlier
> start 1
> start 2
> settle
> versions
n1: version 1; n1 2, n2 2, n3 1
n2: version 1; n1 2, n2 2, n3 1
> join 4
> run 300
> n1.a members add 4
n1.a members add 4 → ERR this cluster was founded by an earlier version of Candor, which does not know members that come and go. Hint: start all nodes with this version, then CLUSTER-ADMIN FINALIZE; after that no node goes back
> answers
# One is still to come: it may run the version before.
> n1.a finalize
n1.a finalize → ERR node 3 did not say that this version is understood there: an earlier one runs, or nobody. Hint: start all members with this version first
> answers
> start 3
> settle
it does not settle
> run 3000
> versions
n1: version 1; n1 2, n2 2, n3 2
n2: version 1; n1 2, n2 2, n3 2
n3: version 1; n1 2, n2 2, n3 2
n4: version 2; no members
> n2.a members add 4
n2.a members add 4 → ERR this cluster was founded by an earlier version of Candor, which does not know members that come and go. Hint: start all nodes with this version, then CLUSTER-ADMIN FINALIZE; after that no node goes back
> answers
> n1.a finalize
> answers
n1.a finalize → OK
> run 500
> versions
n1: version 2; n1 2, n2 2, n3 2
n2: version 2; n1 2, n2 2, n3 2
n3: version 2; n1 2, n2 2, n3 2
n4: version 2; no members
> n2.a members add 4
> answers
n2.a members add 4 → node 4 votes
> settle
> members
n1: members 1, 2, 3, 4; last: node 4 votes
n2: members 1, 2, 3, 4; last: node 4 votes
n3: members 1, 2, 3, 4; last: node 4 votes
n4: members 1, 2, 3, 4; last: node 4 votes
# It is known after starts, and from snapshots.
> snapshot 2
> run 300
n2: snapshot 1 is in place
> crash 2
> start 2
> settle
> versions
n1: version 2; n1 2, n2 2, n3 2, n4 2
n2: version 2; n1 2, n2 2, n3 2, n4 2
n3: version 2; n1 2, n2 2, n3 2, n4 2
n4: version 2; n1 2, n2 2, n3 2, n4 2
