# Two members of four against two: nobody knows who is right, so all go on, and say so.
> cluster 4 linearizable
> settle
> digests 500 1024
> n1.a set k v
> settle
n1.a set k v → OK
> decay 3 k
> decay 4 k
> n1.a set l v
> run 1000
n1.a set l v → OK
n3: n1 differs at digest 4
n4: n1 differs at digest 4
n1: n3 differs at digest 4
n1: n4 differs at digest 4
n2: n3 differs at digest 4
n2: n4 differs at digest 4
n3: n2 differs at digest 4
n4: n2 differs at digest 4
> digests
n1: digest 4, equal at 0, 0 given up, digest 4: another agreed state on nodes 3, 4
n2: digest 4, equal at 0, 0 given up, digest 4: another agreed state on nodes 3, 4
n3: digest 4, equal at 0, 0 given up, digest 4: another agreed state on nodes 1, 2
n4: digest 4, equal at 0, 0 given up, digest 4: another agreed state on nodes 1, 2
> n3.a set m v
> run 100
n3.a set m v → OK
n3: n1 differs at digest 6
n4: n1 differs at digest 6
n1: n3 differs at digest 6
n1: n4 differs at digest 6
n2: n3 differs at digest 6
n2: n4 differs at digest 6
n3: n2 differs at digest 6
n4: n2 differs at digest 6
