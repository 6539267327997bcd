# A read takes the first of its levels that can be had in its time, and LAST names it.
> cluster 3 sequential
> settle
> n1.a set k old
> settle
n1.a set k old → OK
> n3.p prefer linearizable+50 sequential
> n3.p last
n3.p last → [nil, nil]
> n3.p get k
> run 100
n3.p get k → old
> n3.p last
n3.p last → [linearizable, 0]
# Cut off, it waits 50 ms for the first, and takes the second.
> cut 1 3
> cut 2 3
> n1.a set k new
> n3.p get k
> run 30
n1.a set k new → OK
> run 30
n3.p get k → old
> n3.p last
n3.p last → [sequential, 101]
# With a bound between, it is that while it can be shown.
> n3.q prefer linearizable+50 bounded:400 eventual
> n3.q get k
> run 60
n3.q get k → old
> n3.q last
n3.q last → [bounded:400, 161]
> run 400
> n3.q get k
> run 60
n3.q get k → old
> n3.q last
n3.q last → [eventual, 621]
# A level that is named with the read comes before all of it.
> n3.q get k linearizable
> n3.q last
> run 3000
n3.q get k linearizable → CLUSTERDOWN no majority confirmed in time what is committed; the read did not run
n3.q last → CLUSTERDOWN the request waited too long behind others of its connection; it did not run
> heal
> settle
