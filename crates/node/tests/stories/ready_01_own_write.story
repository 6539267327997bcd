# A node is asked to write as soon as there is a leader; the leader answers no round of reads before it has committed something
# itself, so none has been confirmed when the write is answered. Then the others die. What this node has applied holds its own
# write, and so all that was committed before it started: sequential reads go on.
> cluster 3 sequential
> n3.a set k 1
> answers
n3.a set k 1 → OK
> crash 1
> crash 2
> n3.a get k
n3.a get k → 1
> run 100
# So does a write that the state machine refused.
> cluster 3 sequential
> n3.a set k 1 xx
> answers
n3.a set k 1 xx → nil
> crash 1
> crash 2
> n3.a get k
n3.a get k → nil
> run 100
> status
n3: boot 1, formed, ready, keys 0, vector []
