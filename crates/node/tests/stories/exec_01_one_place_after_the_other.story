# A transaction is one write. Each of its commands has a place of its own, and the answer stands at the last.
> cluster 3 linearizable
> settle
> n2.a certify
> n2.a exec set a 1 ; set a 2 ; get a ; incr a ; get none
> run 100
n2.a exec set a 1 ; set a 2 ; get a ; incr a ; get none → [OK, OK, 2, 3, nil]   at 2.4
> n3.b certify
> n3.b get a
> run 100
n3.b get a → 3   at 2.4, by 2.3
# A refusal within it stops nothing, and what is answered for one of its commands says so in its place.
> n2.a exec set a word ; incr a ; append a s ; get a
> run 100
n2.a exec set a word ; incr a ; append a s ; get a → [OK, ERR value is not an integer or out of range, 5, words]   at 3.3
> n2.a set b 1
> run 100
n2.a set b 1 → OK   at 4.0
# What only reads goes the same way.
> n2.a exec get a ; mget a b none ; exists a b
> run 100
n2.a exec get a ; mget a b none ; exists a b → [words, [words, 1, nil], 2]   at 5.2
# Nothing is done by nothing.
> n2.a exec
> run 100
n2.a exec → []   at 6.0
