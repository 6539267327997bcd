# A bounded read comes after the writes of its connection, and after the reads before it.
> cluster 3 sequential
> settle
> n2.b get k bounded:300
n2.b get k bounded:300 → nil
> run 50
> n2.b set k v
> n2.b get k bounded:300
> n2.b last
> answers
n2.b set k v → OK
n2.b get k bounded:300 → v
n2.b last → [bounded:300, 0]
# A read that waits for a quorum holds up the next one, which could be had at once.
> n2.b get k linearizable
> n2.b get k bounded:300
> n2.b last
> answers
n2.b get k linearizable → v
n2.b get k bounded:300 → v
n2.b last → [bounded:300, 1]
