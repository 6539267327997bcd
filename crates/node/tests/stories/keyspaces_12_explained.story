# Who asks is told which keyspace a key has, at which level it is read, and what else may be asked for.
> cluster 3 sequential
> settle
> n1.a keyspace create money money: agreed linearizable bounded:100
> answers
n1.a keyspace create money money: agreed linearizable bounded:100 → OK
> n1.a keyspace create carts cart: merged causal
> answers
n1.a keyspace create carts cart: merged causal → OK
> settle
> n2.b keyspace level other
n2.b keyspace level other → [keyspace, default, order, agreed, level, sequential, said_by, server, refused, ]
> n2.b keyspace level money:1
n2.b keyspace level money:1 → [keyspace, money, order, agreed, level, linearizable, said_by, keyspace, refused, ]
> n2.b keyspace level money:1 eventual
n2.b keyspace level money:1 eventual → [keyspace, money, order, agreed, level, eventual, said_by, connection, refused, CONSISTENCY the keyspace money promises linearizable reads, and eventual is weaker: it must be allowed there. Hint: KEYSPACE ALTER money ALLOW bounded:100 eventual]
> n2.b keyspace level cart:1 linearizable
n2.b keyspace level cart:1 linearizable → [keyspace, carts, order, merged, level, linearizable, said_by, connection, refused, CONSISTENCY the keyspace carts is merged, which has no linearizable read: there is no one order to be the latest in. Ask for causal or eventual, or use a keyspace created with ORDER agreed]
> n2.b keyspace level cart:1 causal
n2.b keyspace level cart:1 causal → [keyspace, carts, order, merged, level, causal, said_by, connection, refused, ]
> n2.b keyspace levels money
n2.b keyspace levels money → [[linearizable, yes, all that was done before the read began, anywhere], [bounded:<ms>, up to bounded:100, all that was done so long before the read began, anywhere, and all that the session has seen], [sequential, not allowed, all that the session has seen, in one order that is the same for all], [causal, not allowed, all that the session has seen, each write after those that it depends on], [eventual, not allowed, what is here]]
> n2.b keyspace levels carts
n2.b keyspace levels carts → [[linearizable, no, all that was done before the read began, anywhere], [bounded:<ms>, no, all that was done so long before the read began, anywhere, and all that the session has seen], [sequential, no, all that the session has seen, in one order that is the same for all], [causal, yes, all that the session has seen, each write after those that it depends on], [eventual, not allowed, what is here]]
> n2.b keyspace levels default
n2.b keyspace levels default → [[linearizable, yes, all that was done before the read began, anywhere], [bounded:<ms>, yes, all that was done so long before the read began, anywhere, and all that the session has seen], [sequential, yes, all that the session has seen, in one order that is the same for all], [causal, yes, all that the session has seen, each write after those that it depends on], [eventual, yes, what is here]]
> n2.b keyspace levels nobody
n2.b keyspace levels nobody → ERR there is no keyspace nobody. Hint: KEYSPACE LIST
> answers
> n1.a keyspace alter default eventual
> settle
n1.a keyspace alter default eventual → OK
> n2.b keyspace level other
n2.b keyspace level other → [keyspace, default, order, agreed, level, eventual, said_by, keyspace, refused, ]
> answers
> cut 3 1
> cut 3 2
> n1.a keyspace create users user: agreed sequential
> run 200
> n2.b keyspace level user:7
n2.b keyspace level user:7 → [keyspace, users, order, agreed, level, sequential, said_by, keyspace, refused, TRYAGAIN the keyspace of the key is being created or dropped: the command did not run. Hint: ask again in a moment; KEYSPACE LIST says which it is]
> answers
n1.a keyspace create users user: agreed sequential → INDETERMINATE the keyspace is still on its way: it may be opened, dropped or given up later. Hint: KEYSPACE LIST says what became of it
