# A bounded read asks a quorum only until a round is known that was asked recently enough; a follower then answers by
# itself.
> cluster 3 sequential
> settle
> n1.a set k old
> settle
n1.a set k old → OK
> n2.b get k bounded:300
n2.b get k bounded:300 → old
> run 50
> n2.b last
n2.b last → [bounded:300, 81]
> n2.b get k bounded:300
n2.b get k bounded:300 → old
> n2.b last
n2.b last → [bounded:300, 131]
# One round proves something for all bounds that are long enough; a shorter one asks anew.
> run 40
> n2.c get k bounded:600
n2.c get k bounded:600 → old
> n2.c last
n2.c last → [bounded:600, 71]
> n2.c get k bounded:20
> run 50
n2.c get k bounded:20 → old
> n2.c last
n2.c last → [linearizable, 0]
# Under 20 ms it is a linearizable read.
> n2.c get k bounded:19
> n2.c last
> run 50
n2.c get k bounded:19 → old
n2.c last → [linearizable, 0]
