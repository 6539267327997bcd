# A node that is told to end puts what it has shown on its disk first.
> cluster 3 sequential
> settle
> n1.a keyspace create cache cache: merged eventual interval
> answers
n1.a keyspace create cache cache: merged eventual interval → OK
> settle
> leader
n1 leads
> n3.a set cache:1 apples
n3.a set cache:1 apples → OK
> stall 3
> may end 3
n3 is needed
> end 3
> n3.a set cache:1 pears
> run 100
> may end 3
n3 is needed
> n3.a get cache:1
> unstall 3
> answers
n3.a set cache:1 pears → OK
n3.a get cache:1 → pears
> may end 3
n3 may end
> n3.a get cache:1
n3.a get cache:1 → pears
> crash 3
> start 3
> settle
> values cache:1
n1: agreed nothing, merged pears
n2: agreed nothing, merged pears
n3: agreed nothing, merged pears
