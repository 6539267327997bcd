# Stamps end with the year 2199. Nobody makes a later one, and nobody takes one in.
> cluster 1 eventual
> settle
> clock 1 5558118398900
> n1.a set k 1
> settle
n1.a set k 1 → OK
> run 100
> n1.a set k 2
n1.a set k 2 → CLOCKSKEW stamps end with the year 2199, and this node's clock, or a stamp that it has merged, is beyond that; the write did not run. Hint: set the clock, or write at another node
> n1.a get k
n1.a get k → 1
> settle
# A clock that is set right helps, as long as there are stamps above the last one.
> clock 1 0
> n1.a set k 3
> settle
n1.a set k 3 → OK
> n1.a get k
n1.a get k → 3
# A clock at the end of all time.
> clock 1 9223372036854775807
> n1.a set k 4
n1.a set k 4 → CLOCKSKEW stamps end with the year 2199, and this node's clock, or a stamp that it has merged, is beyond that; the write did not run. Hint: set the clock, or write at another node
> settle
# What a member spreads with such a stamp is turned away.
> cluster 3 eventual
> clock 1 0
> settle
> forge 2 1 last-stamp
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> run 100
> n1.a get forged
n1.a get forged → nil
> n1.a set k 5
> settle
n1.a set k 5 → OK
