# An answer of more than 64 KiB is not kept: the command does not run again, and nobody hears that answer.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n1.a setrange k 69999 x
> n1.a once 1000-a getdel k
> settle
n1.a setrange k 69999 x → 70000
n1.a once 1000-a getdel k → 70000 bytes
> n2.b once 1000-a getdel k
> n2.b exists k
> settle
n2.b once 1000-a getdel k → INDETERMINATE the command ran once, and its answer was too long to be kept (64 KiB): it does not run again. Read what it left
n2.b exists k → 0
# Only so many ids are kept: what comes then does not run, and what has run is known.
> n1.a once-limits - 2 -
> settle
n1.a once-limits - 2 - → OK
> n1.a once 1000-b incr k
> settle
n1.a once 1000-b incr k → 1
> n1.a once 1000-c incr k
> n2.b once 1000-b incr k
> settle
n1.a once 1000-c incr k → TRYAGAIN too many ids of ONCE are kept; the command did not run. They are forgotten as they become older
n2.b once 1000-b incr k → 1
# They count in memory. What finds none did not run, whatever it does, and may run later under the same id.
> memory
n1: agreed 390, no limit set
n2: agreed 390, no limit set
n3: agreed 390, no limit set
> n1.a once-limits - 100 -
> n1.a maxmemory 100
> settle
n1.a once-limits - 100 - → OK
n1.a maxmemory 100 → OK
> n1.a once 1000-c del k
> n1.a once 1000-b incr k
> settle
n1.a once 1000-c del k → OOM command not allowed when used memory > 'maxmemory'.
n1.a once 1000-b incr k → 1
> n1.a maxmemory 0
> settle
n1.a maxmemory 0 → OK
> n1.a once 1000-c del k
> n1.a get k
> settle
n1.a once 1000-c del k → 1
n1.a get k → nil
