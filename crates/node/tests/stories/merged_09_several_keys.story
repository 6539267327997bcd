# Where several keys are named, each that is there counts.
> cluster 3 eventual
> settle
> n1.a set k v
> n1.a set l v
> settle
n1.a set k v → OK
n1.a set l v → OK
> n2.b exists k l m
n2.b exists k l m → 2
> n2.b exists k k m
n2.b exists k k m → 2
> n2.b del k l m
> settle
n2.b del k l m → 2
> n3.c exists k l m
n3.c exists k l m → 0
