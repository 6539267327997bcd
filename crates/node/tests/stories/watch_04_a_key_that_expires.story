# A watched key that goes by itself has changed, and so has one that came and went.
> cluster 3 linearizable
> settle
> n1.a set alive 1 px 300
> answers
n1.a set alive 1 px 300 → OK
> n1.a watch alive
> n2.b watch absent
> answers
n1.a watch alive → OK
n2.b watch absent → OK
> n3.c set absent 1 px 100
> answers
n3.c set absent 1 px 100 → OK
> run 1000
> n1.a exec set alive 2 ; get alive
> n2.b exec set absent 2
> answers
n1.a exec set alive 2 ; get alive → nil
n2.b exec set absent 2 → nil
# A key that was gone when it was first watched, and is, has not changed.
> n2.b watch absent
> n1.a watch alive
> answers
n1.a watch alive → OK
n2.b watch absent → OK
> run 1000
> n2.b exec set absent 3
> n1.a exec set alive 3
> answers
n1.a exec set alive 3 → [OK]
n2.b exec set absent 3 → [OK]
