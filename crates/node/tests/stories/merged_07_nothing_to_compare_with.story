# In a merged keyspace every replica writes by itself: there is no one value to compare with.
> cluster 2 eventual
> settle
> n1.a set k 1
> n1.a set k 2 nx
n1.a set k 2 nx → CONSISTENCY the keyspace default is merged: a SET that looks at what is there (NX, XX, IFEQ, GET) needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a set k 2 xx
n1.a set k 2 xx → CONSISTENCY the keyspace default is merged: a SET that looks at what is there (NX, XX, IFEQ, GET) needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a set k 2 ifeq 1
n1.a set k 2 ifeq 1 → CONSISTENCY the keyspace default is merged: a SET that looks at what is there (NX, XX, IFEQ, GET) needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> n1.a set k 2 get
n1.a set k 2 get → CONSISTENCY the keyspace default is merged: a SET that looks at what is there (NX, XX, IFEQ, GET) needs one order of all writes, and it has none. Use a keyspace created with ORDER agreed
> settle
n1.a set k 1 → OK
> n2.b get k
n2.b get k → 1
