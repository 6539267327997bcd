# Reads that were sent together are answered in their order, whichever level each takes; none overtakes another.
> cluster 3 sequential
> settle
> n3.p prefer linearizable+50 sequential
> cut 1 3
> cut 2 3
> n3.p get k
> run 20
> n3.p get k
> n3.p get k
# A read with a time of its own waits for those before it.
> n3.p prefer linearizable+10 sequential
> n3.p get j
> n3.p last
> run 40
n3.p get k → nil
> run 20
n3.p get k → nil
n3.p get k → nil
n3.p get j → nil
n3.p last → [sequential, 61]
> run 20
# A write goes out when they are answered.
> n3.p get k
> n3.p set k v
> n3.p get k
> run 20
n3.p get k → nil
> heal
> answers
n3.p set k v → OK
n3.p get k → v
