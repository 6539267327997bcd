# An answer can say where it stands: of a write its own place, of a read what was applied and who wrote what it saw.
> cluster 3 linearizable
> settle
> n1.a certify
> n2.b certify
> n1.a set k 1
> n1.a set other 2
> n1.a del missing
> settle
n1.a set k 1 → OK   at 2.0
n1.a set other 2 → OK   at 3.0
n1.a del missing → 0   at 3.1
> n2.b get k
> n2.b get missing
> n2.b get other sequential
> settle
n2.b get k → 1   at 3.1, by 2.0
n2.b get missing → nil   at 3.1, by nothing
n2.b get other sequential → 2   at 3.1, by 3.0
# Who did not ask is not told.
> n3.c get k eventual
n3.c get k eventual → 1
