# An EXEC without commands goes by the keyspace of what was watched.
> cluster 3 sequential
> settle
> n1.b keyspace create users user: agreed sequential
> answers
n1.b keyspace create users user: agreed sequential → OK
> settle
> n2.a watch user:1
n2.a watch user:1 → OK
> answers
> n2.a exec
> answers
n2.a exec → []
> n2.a watch user:1
n2.a watch user:1 → OK
> answers
> n1.b set user:1 anna
> answers
n1.b set user:1 anna → OK
> n2.a exec
> answers
n2.a exec → nil
> n2.a exec
> answers
n2.a exec → []
# Also where the keyspace default is merged.
> cluster 3 causal
> settle
> n1.b keyspace create users user: agreed linearizable
> answers
n1.b keyspace create users user: agreed linearizable → OK
> settle
> n2.a set other 1
> n2.a watch user:1
> answers
n2.a set other 1 → OK
n2.a watch user:1 → OK
> n2.a exec
> answers
n2.a exec → []
> n2.a watch user:1
> answers
n2.a watch user:1 → OK
> n1.b set user:1 anna
> answers
n1.b set user:1 anna → OK
> n2.a exec
> answers
n2.a exec → nil
