# A transaction on a merged keyspace is one entry: whoever has it has all of it.
> cluster 3 causal
> settle
> n1.a certify
> n1.a exec set a 1 ; set b 2 ; incr c ; get c ; mget a b ; set a 3 ; get a ; del b none ; exists a b
> run 20
n1.a exec set a 1 ; set b 2 ; incr c ; get c ; mget a b ; set a 3 ; get a ; del b none ; exists a b → [OK, OK, 1, 1, [1, 2], OK, 3, 1, 1]   at [1.1:1], is 1.1:1.4
> n3.b get a
n3.b get a → nil
> n2.b get b
n2.b get b → nil
> settle
> n3.b mget a b c
n3.b mget a b c → [3, nil, 1]
# Reads see what this replica has, and own writes that are on their way to the disk; the answer waits for these. (An increment
# elsewhere that has not seen the SET is lost to it.)
> n2.a certify
> stall 2
> n2.a set a 4
> n2.a exec get a ; incr a ; get a
> n2.a exec mget a c ; strlen a
> run 20
> n1.a exec incrby a 10 ; set d 1
> run 20
n1.a exec incrby a 10 ; set d 1 → [13, OK]   at [1.1:2], is 1.1:2.1
> unstall 2
> run 20
n2.a set a 4 → OK   at [1.1:1 2.1:1], is 2.1:1.0
n2.a exec get a ; incr a ; get a → [4, 5, 5]   at [1.1:1 2.1:2], is 2.1:2.0
n2.a exec mget a c ; strlen a → [[5, 1], 1]   at [1.1:1 2.1:2]
> settle
> n1.a get a
n1.a get a → 5   at [1.1:2 2.1:2], by 2.1:1.0
> n2.a get a
n2.a get a → 5   at [1.1:2 2.1:2], by 2.1:1.0
> n3.b get a
n3.b get a → 5
# One that only reads is answered at once where nothing is on its way.
> n3.b certify
> n3.b exec get a ; get d
n3.b exec get a ; get d → [5, 1]   at [1.1:2 2.1:2]
# What is refused changes nothing anywhere, and what stands behind it runs.
> n1.a exec set text abc ; incr text ; incrby top 9223372036854775807 ; incr top ; get top ; set e 1
> settle
n1.a exec set text abc ; incr text ; incrby top 9223372036854775807 ; incr top ; get top ; set e 1 → [OK, ERR value is not an integer or out of range, 9223372036854775807, ERR increment or decrement would overflow, 9223372036854775807, OK]   at [1.1:3 2.1:2], is 1.1:3.2
> n2.b mget text top e
n2.b mget text top e → [abc, 9223372036854775807, 1]
> n3.b mget text top e
n3.b mget text top e → [abc, 9223372036854775807, 1]   at [1.1:3 2.1:2]
# Of two that meet one wins on all keys that both set.
> cut 1 2
> cut 1 3
> n1.a exec set x 1 ; set y 1
> n2.a exec set y 2 ; set x 2
> run 20
n1.a exec set x 1 ; set y 1 → [OK, OK]   at [1.1:4 2.1:2], is 1.1:4.1
n2.a exec set y 2 ; set x 2 → [OK, OK]   at [1.1:3 2.1:3], is 2.1:3.1
> heal
> settle
> n1.a mget x y
n1.a mget x y → [2, 2]   at [1.1:4 2.1:3]
> n2.a mget x y
n2.a mget x y → [2, 2]   at [1.1:4 2.1:3]
# What needs one order cannot stand in it.
> n1.a exec set x 1 ; append x 2
n1.a exec set x 1 ; append x 2 → CONSISTENCY the keyspace default is merged: APPEND needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a exec set x 1 ; flushall
n1.a exec set x 1 ; flushall → CONSISTENCY the keyspace default is merged: FLUSHALL needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a watch x
n1.a watch x → CONSISTENCY the keyspace default is merged: WATCH needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
# WATCH was refused, so what hangs on it does not run.
> n1.a exec set x 7
n1.a exec set x 7 → EXECABORT Transaction discarded because of: a WATCH before it was refused. Nothing ran
# A crash before it is on disk leaves none of it, one after that all.
> n1.c exec set p 1 ; set q 1
> run 20
n1.c exec set p 1 ; set q 1 → [OK, OK]
> stall 1
> n1.c exec set p 2 ; set q 2
> run 20
> crash 1
> start 1
> unstall 1
> settle
> n1.b mget p q
n1.b mget p q → [1, 1]
> n2.b mget p q
n2.b mget p q → [1, 1]
