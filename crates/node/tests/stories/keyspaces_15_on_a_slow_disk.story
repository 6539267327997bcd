# A member refuses commands as soon as it goes by a prefix that changes hands, and says so once that is on its disk: a
# start before that would take commands again.
> cluster 3 causal
> settle
> stall 3
> n1.b keyspace create users user: agreed sequential
> run 50
> sync 3
> run 50
> sync 3
> run 50
> n3.a get user:1
n3.a get user:1 → TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is
> run 1000
> sync 3
> run 100
n1.b keyspace create users user: agreed sequential → OK
> unstall 3
> settle
> n3.a get user:1
n3.a get user:1 → nil
> run 20
