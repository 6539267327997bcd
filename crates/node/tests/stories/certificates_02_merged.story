# In merged logs a position is a vector, and a write names its own entry.
> cluster 3 eventual
> settle
> n1.a certify
> n2.b certify
> n1.a set k 1
> settle
n1.a set k 1 → OK   at [1.1:1], is 1.1:1.0
> n2.b get k
n2.b get k → 1   at [1.1:1], by 1.1:1.0
> n2.b set k 2
> settle
n2.b set k 2 → OK   at [1.1:1 2.1:1], is 2.1:1.0
> n1.a get k
n1.a get k → 2   at [1.1:1 2.1:1], by 2.1:1.0
> n1.a get missing
n1.a get missing → nil   at [1.1:1 2.1:1], by nothing
