# Boots and the clock of stamps go on behind all that any survivor names, and not only behind what
# the one names whose agreed log is taken.
> cluster 3 linearizable
> settle
> n1.a keyspace create carts cart: merged causal
> settle
n1.a keyspace create carts cart: merged causal → OK
> n1.a transfer 2
> answers
n1 hands over to n2
n1.a transfer 2 → OK
> settle
> n2.b set k 1
> answers
n2.b set k 1 → OK
> settle
# Node 2 writes what nobody else has; node 1 alone knows how often node 3 was started since.
> cut 1 2
> cut 2 3
> n2.b set k 2
> crash 3
> start 3
> run 150
> crash 3
> start 3
> run 150
# The clock of node 1 is ahead.
> clock 1 450
> n1.a set cart:k ahead
> run 30
n1.a set cart:k ahead → OK
> crash 1
> crash 2
> crash 3
> recover 2 1 as 5
n2: boot 1, agreed up to 6 in term 2, committed 5, merged []
n1: boot 1, agreed up to 5 in term 2, committed 4, merged [1.1:1]
lost: n3 (host3), merged nothing
they are a majority
taken: n2, keys 1 and 1
n5 is made, epoch 2
> heal
> start 5
> settle
> status
n5: boot 5, formed, ready, keys 1, vector [5.4:1]
> values k
n5: agreed 2, merged nothing
> values cart:k
n5: agreed nothing, merged ahead
> n5.a set cart:k behind
> answers
n5.a set cart:k behind → OK
> values cart:k
n5: agreed nothing, merged behind
# The same from a snapshot alone.
> snapshot 5
> run 100
n5: snapshot 2 is in place
> crash 5
> forget 5
> recover 5 as 6
n5: boot 5, agreed up to 7 in term 3, committed 7, merged [5.5:1]
they are a majority
taken: n5, keys 1 and 1
n6 is made, epoch 3
> start 6
> settle
> status
n6: boot 7, formed, ready, keys 1, vector [6.6:1]
> values k
n6: agreed 2, merged nothing
> values cart:k
n6: agreed nothing, merged behind
