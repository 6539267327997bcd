# What the leader asked for is refused with all that was not sent when its disk is full. It asks again when there is room.
> cluster 1 linearizable
> settle
> n1.a set k v PX 200
> run 190
n1.a set k v PX 200 → OK
> stall 1
> n1.a set other v
> run 20
> full 1
n1: the disk is full
> n1.a get k eventual
> unstall 1
> run 200
n1.a set other v → OK
n1.a get k eventual → v
> status
n1: boot 1, formed, ready, keys 2, vector []
> free 1
n1: the disk has room
> run 100
> n1.a get k
n1.a get k → nil
> run 20
> status
n1: boot 1, formed, ready, keys 1, vector []
