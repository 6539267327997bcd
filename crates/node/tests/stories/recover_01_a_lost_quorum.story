# Two of five survive: of their agreed logs that with the greatest last term is taken, not the
# longest, and all of it; of the merged logs all that either holds.
> cluster 5 linearizable
> settle
> n1.a keyspace create carts cart: merged causal
> settle
n1.a keyspace create carts cart: merged causal → OK
> n1.a set k 1
> n1.a set gone 1
> n1.a set late 1 pxat 1700003600000
> n1.a once 1000-name incr orders
> answers
n1.a set k 1 → OK
n1.a set gone 1 → OK
n1.a set late 1 pxat 1700003600000 → OK
n1.a once 1000-name incr orders → 1
> n1.a del gone
> n1.a incrby cart:count 10
> n5.e incrby cart:count 1
> n5.e set cart:five 5
> n4.d set cart:del 4
> n1.a token T
> settle
n4.d set cart:del 4 → OK
n5.e incrby cart:count 1 → 1
n5.e set cart:five 5 → OK
n1.a del gone → 1
n1.a incrby cart:count 10 → 11
> leader
n1 leads
# What nodes 1 and 2 write from here on is never committed, and makes a long log.
> cut 1 3
> cut 1 4
> cut 1 5
> cut 2 3
> cut 2 4
> cut 2 5
> n1.a set k old
> run 20
> n1.a set l old
> run 20
> n1.a set l older
> run 20
> n1.a set l oldest
> n2.b set cart:two 2
> n2.b del cart:del
> n2.b incrby cart:count 100
> run 1500
n2.b set cart:two 2 → OK
n2.b del cart:del → 1
n2.b incrby cart:count 100 → 111
> leader
n3 leads
# The others go on. The last write of node 3 is on its disk and on that of node 4, so it could be
# committed, and nobody who survives knows.
> n3.c set k new
> n5.e set cart:five 55
> n5.e incrby cart:count 1000
> run 100
n5.e set cart:five 55 → OK
n5.e incrby cart:count 1000 → 1011
n3.c set k new → OK
> hold 4 3
> hold 5 3
> hold 5 4
> n3.c set tail 1
> n5.e set cart:five 555
> run 30
n5.e set cart:five 555 → OK
> crash 1
> crash 2
> crash 3
> crash 4
> crash 5
> release 4 3
> release 5 3
> release 5 4
> recover 2 4 as 7
n2: boot 1, agreed up to 10 in term 1, committed 6, merged [1.1:1 2.1:2 4.1:1 5.1:2]
n4: boot 1, agreed up to 9 in term 2, committed 8, merged [1.1:1 4.1:1 5.1:4]
lost: n1 (host1), merged up to 1.1:1
lost: n3 (host3), merged nothing
lost: n5 (host5), merged up to 5.1:4
taken: n4, keys 4 and 3
n7 is made, epoch 2
> heal
> start 7
> settle
> status
n7: boot 3, formed, ready, keys 4, vector [7.2:1]
> values k
n7: agreed new, merged nothing
> values l
n7: agreed nothing, merged nothing
> values tail
n7: agreed 1, merged nothing
> values orders
n7: agreed 1, merged nothing
> values gone
n7: agreed nothing, merged nothing
> values late
n7: agreed 1, merged nothing
> values cart:count
n7: agreed nothing, merged 1111
> values cart:two
n7: agreed nothing, merged 2
> values cart:five
n7: agreed nothing, merged 55
> values cart:del
n7: agreed nothing, merged nothing
# What has run once does not run again, and keyspaces and counters go on.
> n7.a once 1000-name incr orders
> n7.a incrby cart:count 1
> answers
n7.a once 1000-name incr orders → 1
n7.a incrby cart:count 1 → 1112
> n7.a waitfor T
n7.a waitfor T → CONSISTENCY the token is of another cluster, or of this one before it was brought back from a backup: there is no order between the two. Hint: begin a new session
# Neither the lost nor the survivors come in.
> start 5
> start 4
> run 3000
> status
n4: boot 2, formed, waits for a leader; it does not hear nodes 1, 2 and 3, keys 3, vector [1.1:1 4.1:1 5.1:5]
n5: boot 2, formed, waits for a leader; it does not hear nodes 1, 2 and 3, keys 3, vector [1.1:1 4.1:1 5.1:5]
n7: boot 3, formed, ready, keys 4, vector [7.3:1]
> terms
terms: n4 2, n5 2, n7 3
