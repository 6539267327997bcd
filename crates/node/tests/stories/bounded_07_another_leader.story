# What was proved under one leader stays true under the next; bounded reads go on while there is none.
> cluster 3 sequential
> settle
> leader
n1 leads
> n1.a set k v
> settle
n1.a set k v → OK
> n3.b get k bounded:1000
n3.b get k bounded:1000 → v
> run 50
> crash 1
> n3.b get k bounded:1000
n3.b get k bounded:1000 → v
> n3.b last
n3.b last → [bounded:1000, 131]
> run 2000
> n3.b get k bounded:1000
n3.b get k bounded:1000 → v
> run 50
> n3.b last
n3.b last → [bounded:1000, 191]
