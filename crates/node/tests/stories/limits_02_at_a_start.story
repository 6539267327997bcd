# A cluster begins with the limit of its first leader that has one. Who is started with another one says so.
> cluster 3 sequential
> settle
> memory
n1: agreed 0, no limit set
n2: agreed 0, no limit set
n3: agreed 0, no limit set
> own 2 100
> own 3 200
> crash 2
> start 2
> settle
> leader
n1 leads
# Node 2 does not lead, so nobody has set anything.
> memory
n1: agreed 0, no limit set
n2: agreed 0, no limit set
n3: agreed 0, no limit set
> crash 3
> start 3
> settle
> end 1
n1 hands over to n2
> run 500
n3 was told 200, and the cluster has 100
> leader
n2 leads
> settle
> memory
n1: agreed 0, at most 100
n2: agreed 0, at most 100
n3: agreed 0, at most 100
# What was set holds, whoever leads and whatever it was started with.
> crash 1
> start 1
> settle
> n1.a maxmemory 0
> settle
n1.a maxmemory 0 → OK
> crash 2
> start 2
> settle
n2 was told 100, and the cluster has 0
> memory
n1: agreed 0, at most 0
n2: agreed 0, at most 0
n3: agreed 0, at most 0

# Where a full disk has dropped it before it was sent it is proposed again.
> cluster 1 sequential
> settle
> own 1 100
> crash 1
> start 1
> full 1
n1: the disk is full
> settle
> full 1 the quota is used up
n1: the disk is full
> run 100
> memory
n1: agreed 0, no limit set
> free 1
n1: the disk has room
> settle
> memory
n1: agreed 0, at most 100
