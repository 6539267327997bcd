# A command that is sent again under its id does not run again. Its first answer comes again, from any node, and stands where it stood.
> cluster 3 linearizable
> settle
> leader
n1 leads
> n2.a certify
> n3.b certify
> n2.a once 1000-a incr k
> settle
n2.a once 1000-a incr k → 1   at 2.0, by nothing
> n3.b once 1000-a incr k
> n2.a once 1000-a incr k
> settle
n2.a once 1000-a incr k → 1   at 2.0, by nothing
n3.b once 1000-a incr k → 1   at 2.0, by nothing
# The same of one that was refused for what it found, and of one that tells where that was written.
> n2.a set text word
> n2.a once 1000-b incr text
> n2.a once 1000-c set text 5 ifeq word
> settle
n2.a set text word → OK   at 4.0
n2.a once 1000-b incr text → ERR value is not an integer or out of range
n2.a once 1000-c set text 5 ifeq word → OK   at 4.2, by 4.0
> n3.b once 1000-b incr text
> n3.b once 1000-c set text 5 ifeq word
> settle
n3.b once 1000-b incr text → ERR value is not an integer or out of range
n3.b once 1000-c set text 5 ifeq word → OK   at 4.2, by 4.0
# An id is for one command.
> n3.b once 1000-a incr other
> n3.b once 1000-a del k
> settle
n3.b once 1000-a incr other → ERR the id of ONCE was used for another command, which has run; this one does not. Hint: a new id for each command
n3.b once 1000-a del k → ERR the id of ONCE was used for another command, which has run; this one does not. Hint: a new id for each command
# Who is told that nobody knows sends it again, at another node.
> cut 1 3
> n3.b once 2000-d incr k
> run 4000
n3.b once 2000-d incr k → INDETERMINATE the write was sent, but no majority answered in time: it may still happen; read before you retry
> n2.a once 2000-d incr k
> settle
n2.a once 2000-d incr k → 2   at 7.0, by 2.0
it does not settle
> heal
> run 5000
> settle
> n3.b once 2000-d incr k
> n3.b get k
> settle
n3.b once 2000-d incr k → 2   at 7.0, by 2.0
n3.b get k → 2   at 9.0, by 7.0
