# Who has waited in vain is refused until its node has caught up: nothing that it sent behind goes back.
> cluster 3 sequential
> settle
> leader
n1 leads
> cut 1 3
> cut 2 3
> n1.a set k new
> n2.d set k new
> answers
n1.a set k new → OK
n2.d set k new → OK
> n1.a token T
> n2.d token T
> n3.c waitfor T 9000
n3.c waitfor T 9000 → ERR no request waits longer than the request timeout, which is 3000 ms
> n3.c waitfor T 100
> n3.c get k
> n3.c set l lost
> n3.c get k eventual
> run 200
n3.c waitfor T 100 → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
n3.c get k → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
n3.c set l lost → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
n3.c get k eventual → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
> n3.c get k
n3.c get k → TRYAGAIN this node has not applied yet what the session has seen (CONSISTENCY WAITFOR); the command did not run. Hint: send it again, or ask another node
# Another session of that node has seen nothing of it.
> n3.e get k
n3.e get k → nil
> heal
> run 1000
> n3.c get k
n3.c get k → new
> run 100
