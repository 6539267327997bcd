# Two nodes have just met and hear no more of each other. For a second writes wait for the other's clock; reads do not.
> cluster 2 eventual
> run 50
> status
n1: boot 1, formed, ready, keys 0, vector []
n2: boot 1, formed, ready, keys 0, vector []
> cut 1 2
> n1.a set k 1
> n2.b get k
n2.b get k → nil
# If the disk fills up meanwhile they are refused, as new ones are.
> full 1
n1: the disk is full
n1.a set k 1 → MISCONF the disk of this node is full: the write did not run, and reads go on. Free some room, or ask another node
> free 1
n1: the disk has room
> n1.a set k 2
> n2.b set k 3
> run 980
> run 30
n1.a set k 2 → OK
n2.b set k 3 → OK
