# The peers of one founder are listed in another order, and its snapshots are gone.
> cluster 3 linearizable
> keep 1000
> settle
> n1.a fill k 40
40 of 40 done
> snapshot 3
> run 300
n3: snapshot 1 is in place
> n1.a fill l 40
40 of 40 done
> snapshot 3
> run 300
n3: snapshot 2 is in place
> forget 3
> n1.a fill m 10
10 of 10 done
> crash 3
> rot all 3
> peers 3 3,2,1
> start 3
n3: snapshot 1 cannot be read
> run 3000
n2: snapshot 1 is in place
n3 fetches the state of n2
n3 has the state of n2, up to 91
n3: the state is back
n3: snapshot 3 is in place
> settle
> values k3
n1: agreed v, merged nothing
n2: agreed v, merged nothing
n3: agreed v, merged nothing
