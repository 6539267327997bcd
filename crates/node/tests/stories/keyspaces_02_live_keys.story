# A prefix under which there are keys is not carved out, and nobody is kept waiting long.
> cluster 3 causal
> settle
> n1.a set user:7 anna
> n2.b set use mary
> settle
n1.a set user:7 anna → OK
n2.b set use mary → OK
> n1.a keyspace create users user: agreed sequential
> n1.c get user:7
n1.c get user:7 → anna
> run 20
> n1.c get user:7
n1.c get user:7 → anna
> n2.b set user:8 ben
> answers
n2.b set user:8 ben → OK
n1.a keyspace create users user: agreed sequential → ERR keys with this prefix exist in the keyspace default, such as user:7: the keyspace users is not created. Hint: DEL them first, or choose another prefix
> settle
> n2.b get user:7
n2.b get user:7 → anna
> n2.b del user:7
> n3.c keyspace create users user: agreed sequential
> answers
n2.b del user:7 → 1
n3.c keyspace create users user: agreed sequential → ERR keys with this prefix exist in the keyspace default, such as user:8: the keyspace users is not created. Hint: DEL them first, or choose another prefix
> settle
> n2.b get user:7
n2.b get user:7 → nil
> n2.b set user:7 carl
> answers
n2.b set user:7 carl → OK
> values user:7
n1: agreed nothing, merged nothing
n2: agreed nothing, merged carl
n3: agreed nothing, merged nothing
> n2.b get user:7
n2.b get user:7 → carl
> n3.c get user:7 linearizable
n3.c get user:7 linearizable → CONSISTENCY the keyspace default is merged, which has no linearizable read: there is no one order to be the latest in. Ask for causal or eventual, or use a cluster started with --level linearizable
> run 100
