# Writes that nobody answered are sent again to the next leader. What its log already holds it does not append again.
> cluster 3 linearizable
> settle
> n2.a certify
> n3.b certify
> n2.a set own 1
> n3.b set other 1
> run 20
# The followers hold both writes, and no one knows that they are committed.
> crash 1
> settle
n2.a set own 1 → OK   at 2.0
n3.b set other 1 → OK   at 2.1
# The next writes come right after the new leader's first entry: nothing was appended twice.
> n2.a set own 2
> settle
n2.a set own 2 → OK   at 4.0
> n3.b set other 2
> settle
n3.b set other 2 → OK   at 5.0
