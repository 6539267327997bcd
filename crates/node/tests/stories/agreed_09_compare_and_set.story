# Compare-and-set is decided where the entry stands in the log, so of two clients on two nodes exactly one wins.
> cluster 3 linearizable
> settle
> n1.a certify
> n2.b certify
> n3.c certify
> n1.a set lock a nx
> n2.b set lock b nx
> n3.c set lock c nx
> settle
n1.a set lock a nx → OK   at 2.0, by nothing
n2.b set lock b nx → nil   at 3.0, by 2.0
n3.c set lock c nx → nil   at 3.1, by 2.0
> n1.a get lock
> settle
n1.a get lock → a   at 3.1, by 2.0
# The answer says who wrote what was compared, also when it was something else, or nothing.
> n2.b set lock b ifeq c
> n2.b set none b ifeq c
> n3.c set none c xx
> settle
n2.b set lock b ifeq c → nil   at 4.0, by 2.0
n2.b set none b ifeq c → nil   at 4.1, by nothing
n3.c set none c xx → nil   at 4.2, by nothing
> n3.c set lock c ifeq a
> settle
n3.c set lock c ifeq a → OK   at 5.0, by 2.0
> n1.a set lock a xx
> settle
n1.a set lock a xx → OK   at 6.0, by 5.0
# With GET the answer is what was there, whether it was replaced or not.
> n2.b set lock d ifeq b get
> n2.b set lock d ifeq a get
> n2.b set lock e get
> n2.b set fresh e nx get
> n2.b set fresh f nx get
> settle
n2.b set lock d ifeq b get → a   at 7.0, by 6.0
n2.b set lock d ifeq a get → a   at 7.1, by 6.0
n2.b set lock e get → d   at 7.2, by 7.1
n2.b set fresh e nx get → nil   at 7.3, by nothing
n2.b set fresh f nx get → e   at 7.4, by 7.3
> n1.a get lock
> n1.a get fresh
> settle
n1.a get lock → e   at 7.4, by 7.2
n1.a get fresh → e   at 7.4, by 7.3
# A row of one connection goes into one entry, and each still sees what those before it did.
> n3.c set count 1
> n3.c set count 2 ifeq 1
> n3.c set count 3 ifeq 1
> n3.c set count 3 ifeq 2
> n3.c del count
> n3.c set count 4 ifeq 3
> settle
n3.c set count 1 → OK   at 8.0
n3.c set count 2 ifeq 1 → OK   at 8.1, by 8.0
n3.c set count 3 ifeq 1 → nil   at 8.2, by 8.1
n3.c set count 3 ifeq 2 → OK   at 8.3, by 8.1
n3.c del count → 1   at 8.4
n3.c set count 4 ifeq 3 → nil   at 8.5, by nothing
> n1.a get count
> settle
n1.a get count → nil   at 8.5, by nothing
