# A tombstone goes everywhere once every replica has it, and all has what was written before.
> cluster 3 causal
> settle
> n1.a certify
> n1.a set k v
> settle
n1.a set k v → OK   at [1.1:1], is 1.1:1.0
> n1.a del k
> n1.a del none
> run 50
n1.a del k → 1   at [1.1:2], is 1.1:2.0
n1.a del none → 0   at [1.1:3], is 1.1:3.0
> n1.a get k
n1.a get k → nil   at [1.1:3], by 1.1:2.0
> tombstones
tombstones: n1 2, n2 2, n3 2
> run 3000
> tombstones
tombstones: n1 0, n2 0, n3 0
> n1.a get k
n1.a get k → nil   at [1.1:3], by nothing
> status
n1: boot 1, formed, ready, keys 0, vector [1.1:3]
n2: boot 1, formed, ready, keys 0, vector [1.1:3]
n3: boot 1, formed, ready, keys 0, vector [1.1:3]
> n2.b set k again
> settle
n2.b set k again → OK
> n1.a get k
n1.a get k → again   at [1.1:3 2.1:1], by 2.1:1.0
> snapshot 1
> n1.a del k
> run 3000
n1: snapshot 1 is in place
n1.a del k → 1   at [1.1:4 2.1:1], is 1.1:4.0
> tombstones
tombstones: n1 0, n2 0, n3 0
> crash 1
> start 1
> run 20
> tombstones
tombstones: n1 1, n2 0, n3 0
> run 3000
> tombstones
tombstones: n1 0, n2 0, n3 0
> n1.b get k
n1.b get k → nil
> status
n1: boot 2, formed, ready, keys 0, vector [1.1:4 2.1:1]
n2: boot 1, formed, ready, keys 0, vector [1.1:4 2.1:1]
n3: boot 1, formed, ready, keys 0, vector [1.1:4 2.1:1]
