# Who is removed as dead may be alive: whoever has said how far it holds its log takes nothing more from it.
> cluster 5 causal
> settle
> n5.a set a 1
> answers
> settle
> hold 5 1
> hold 5 2
> hold 5 3
> hold 5 4
> n5.a set b 1
> answers
> stall 2
> n1.c members lose 5
> run 500
> members
> release 5 3
> run 500
> values b
> unstall 2
> answers
> run 500
> members
> values a
> values b
