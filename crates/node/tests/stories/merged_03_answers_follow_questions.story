# Whoever sees the answer sees the question, even if the question's own message is lost.
> cluster 3 eventual
> settle
> cut 1 3
> n1.a set question why
> run 100
n1.a set question why → OK
> n2.b get question
n2.b get question → why
> n2.b set answer because
> run 50
n2.b set answer because → OK
# Node 3 has the answer, but not what it depends on: it shows neither yet.
> n3.c get answer
n3.c get answer → nil
> run 1000
# It asked node 2 for what is missing.
> n3.c get answer
n3.c get answer → because
> n3.c get question
n3.c get question → why
