# Of a key that MSET names twice the last value counts, on every replica.
> cluster 2 causal
> settle
> n1.a mset k first l other k last
> settle
n1.a mset k first l other k last → OK
> n1.a mget k l
n1.a mget k l → [last, other]
> n2.b mget k l
n2.b mget k l → [last, other]
> n2.b mset k v k w
> settle
n2.b mset k v k w → OK
> n1.a get k
n1.a get k → w
