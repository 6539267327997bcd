# A WAITFOR that is refused before its node serves anybody counts as one that was waited for in vain.
> cluster 3 sequential
> settle
> n1.a set k new
> answers
n1.a set k new → OK
> n1.a token T
> crash 3
> n1.a set k newer
> answers
n1.a set k newer → OK
> n1.a token U
> cut 1 3
> cut 2 3
> start 3
> n3.c waitfor U
> run 2900
> n3.c get k
> run 100
n3.c waitfor U → CLUSTERDOWN no member has confirmed yet that this node is the one that it was before it was started again; the request did not run
> heal
> run 1000
n3.c get k → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
> n3.c get k
n3.c get k → newer
> run 100
