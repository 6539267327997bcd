# Time in the log is the leader's, as far as the other clocks bear it out. Here no two agree, so nobody else is to lead.
> cluster 3 linearizable
> settle
> run 1000
> leader
n1 leads
> n1.a set k 1
> settle
n1.a set k 1 → OK
> log time
log time is -40 ms off
> clock 2 -600
> run 1000
n2's clock is off: n1 +1 s, n3 +1 s
> clock 3 600
> run 1000
n3's clock is off: n1 -1 s, n2 -1 s
n1's clock is off: n2 -1 s, n3 +1 s
> clock 1 3600000
> run 1000
> leader
n1 leads
# It is an hour ahead; the lower median of the three is 600 ms ahead, and the cap 500 ms more.
> n1.a set k 2
> settle
n1.a set k 2 → OK
> leader
n1 leads
> log time
log time is +1048 ms off
# Two of three are an hour ahead: who is to tell that they are wrong? An hour gets into the log.
> clock 3 0
> clock 2 3600000
> run 1000
n2's clock agrees: n1 +0 s, n3 -3599 s
n1 hands over to n2
n1's clock agrees: n2 +0 s, n3 -3599 s
> leader
n2 leads
> n1.a set k 3
> settle
n1.a set k 3 → OK
> log time
log time is +3599960 ms off
# They are set right. Log time does not stand for an hour: it goes on at half its pace, at ten thousand entries a second, too.
> clock 1 0
> clock 2 0
> run 1000
n3's clock agrees: n1 +0 s, n2 +3600 s
> leader
n2 leads
> n1.a flood 1000
1000 of 1000 done in 100 ms, in 1000 entries; log time went on by 570 ms
> log time
log time is +3599430 ms off
# Nor does it stand or go back when another leads, and another again.
> crash 2
> run 3000
> leader
n3 leads
> n3.c flood 1000
1000 of 1000 done in 100 ms, in 1000 entries; log time went on by 1550 ms
> log time
log time is +3597880 ms off
> start 2
> run 1000
> crash 3
> run 3000
> leader
n1 leads
> n1.a flood 1000
1000 of 1000 done in 100 ms, in 1000 entries; log time went on by 2050 ms
> log time
log time is +3595830 ms off
# All stand still for three hours. What the log says is older now than what the clocks say, so they are believed again.
> crash 1
> crash 2
> run 10800000
> start 1
> start 2
> start 3
> settle
> n1.a flood 1000
1000 of 1000 done in 100 ms, in 1000 entries; log time went on by 7205000 ms
> log time
log time is +0 ms off
