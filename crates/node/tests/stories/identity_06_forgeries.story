# What a member says is checked before it is appended, stepped or sent on.
> cluster 3 linearizable
> settle
> n1.a set k 1
> settle
n1.a set k 1 → OK
> leader
n1 leads
> forge 2 1 endless-forward
n1 refuses: a message that cannot be read: the sender is of another version, or not Candor
> forge 2 1 short-forward
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 proposal
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 snapshot
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 unreadable-entry
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 change-of-members
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 2 1 last-term
n1 refuses: node 2 sent a message that no sound member sends: it is dropped
> forge 1 2 proposal
n2 refuses: node 1 sent a message that no sound member sends: it is dropped
> forge 1 2 snapshot
n2 refuses: node 1 sent a message that no sound member sends: it is dropped
> forge 1 2 unreadable-entry
n2 refuses: node 1 sent a message that no sound member sends: it is dropped
> forge 1 2 change-of-members
n2 refuses: node 1 sent a message that no sound member sends: it is dropped
> forge 1 2 other-first-entry
n2 refuses: node 1 sent a message that no sound member sends: it is dropped
> forge 1 2 last-term
n2 refuses: node 1 sent a message that no sound member sends: it is dropped
# Nothing of it was taken in: all go on, and start again.
> n2.a set k 2
> settle
n2.a set k 2 → OK
> crash 1
> crash 2
> crash 3
> start 1
> start 2
> start 3
> n3.a get k
> settle
n3.a get k → 2
