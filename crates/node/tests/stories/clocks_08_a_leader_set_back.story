# The clock of a lone node is set back by an hour. Log time goes on from where it was, at half its pace.
> cluster 1 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> run 60000
> n1.a set k 2
> settle
n1.a set k 2 → OK
> log time
log time is -10 ms off
> clock 1 -3600000
> n1.a flood 2000
2000 of 2000 done in 200 ms, in 2000 entries; log time went on by 105 ms
> log time
log time is -105 ms off
# A start makes no difference: the log says what time it was.
> crash 1
> start 1
> settle
> n1.a flood 1000
1000 of 1000 done in 100 ms, in 1000 entries; log time went on by 65 ms
> run 10000
> n1.a flood 1000
1000 of 1000 done in 100 ms, in 1000 entries; log time went on by 5050 ms
> log time
log time is -5230 ms off
