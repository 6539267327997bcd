# While transactions are to be answered as many bytes as there is room for, no further entry is made; what is behind them waits until
# the disk is done. (A reply counts 512 bytes and its own.)
> begin with users user: agreed sequential
> cluster 3 causal
> settle
> n1.a certify
> n1.b certify
> n1.c certify
> n1.d certify
> n1.e certify
> n1.w set big value
> settle
n1.w set big value → OK
> run 3000
> settle
> room 1000 1000
> stall 1
> n1.w set x 1
> n1.a exec set a 1 ; get big
> n1.b exec set b 1 ; get a
> n1.c exec get a ; get b
> n1.d exec get big ; get b
> n1.e set e 1
> run 100
# Who asks for something else is not refused for them.
> n1.f set user:1 carl
# What is left is done in several turns, each of which answers no more than so much.
> slow
> steps 5
> unstall 1
> run 10
n1.w set x 1 → OK
n1.a exec set a 1 ; get big → [OK, value]   at [1.1:3], is 1.1:3.0
> run 10
n1.b exec set b 1 ; get a → [OK, 1]   at [1.1:4], is 1.1:4.0
n1.c exec get a ; get b → [1, 1]   at [1.1:4]
> run 10
n1.d exec get big ; get b → [value, 1]   at [1.1:4]
> run 10
n1.f set user:1 carl → OK
> run 10
n1.e set e 1 → OK   at [1.1:5], is 1.1:5.0
> run 10
> run 500
> n2.a mget a b e
n2.a mget a b e → [1, 1, 1]
