# Of a key that one write names twice the last value counts, at once and for good.
> cluster 1 eventual
> settle
> n1.a keyspace create i i: merged eventual interval
> answers
n1.a keyspace create i i: merged eventual interval → OK
> n1.a mset i:a 1 i:a 2 i:b 3
n1.a mset i:a 1 i:a 2 i:b 3 → OK
> n1.a get i:a
n1.a get i:a → 2
> n1.a del i:b i:b
n1.a del i:b i:b → 1
> run 2000
> n1.a get i:a
n1.a get i:a → 2
> n1.a mget i:a i:b
n1.a mget i:a i:b → [2, nil]
