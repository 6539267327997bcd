# What a member said of one attempt does not count for the next one.
> cluster 3 causal
> settle
> leader
n1 leads
> n3.a set user:0 x
> settle
n3.a set user:0 x → OK
> hold 3 1
> n1.b keyspace create users user: agreed sequential
> run 2000
> n1.b keyspace list
