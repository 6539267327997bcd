# A state that was fetched is joined in slices. Meanwhile each key reads as if all were joined.
> cluster 3 causal
> keep 1000
> joins 1 100
> settle
> n1.a set old 1
> n3.c set own 1
> settle
n1.a set old 1 → OK
n3.c set own 1 → OK
> cut 1 3
> cut 2 3
> n1.a fill key 30
30 of 30 done
> n1.a set old 2
> n2.b del own
> n3.c set here 1
> run 100
n1.a set old 2 → OK
n3.c set here 1 → OK
n2.b del own → 1
> heal
> run 1500
n1: snapshot 1 is in place
n2: snapshot 1 is in place
n3 fetches the state of n1
n3 has the state of n1
> status
n1: boot 1, formed, ready, keys 32, vector [1.1:32 2.1:1 3.1:2]
n2: boot 1, formed, ready, keys 32, vector [1.1:32 2.1:1 3.1:2]
n3: boot 1, formed, ready, keys 6, vector [1.1:32 2.1:1 3.1:2], joins a state
# Reads of keys at their level, and counts of a few of them.
> n3.c certify
> n3.c get key1
n3.c get key1 → v   at [1.1:32 2.1:1 3.1:2], by 1.1:2.0
> n3.c get key30
n3.c get key30 → v   at [1.1:32 2.1:1 3.1:2], by 1.1:31.0
> n3.c get old
n3.c get old → 2   at [1.1:32 2.1:1 3.1:2], by 1.1:32.0
> n3.c get own
n3.c get own → nil   at [1.1:32 2.1:1 3.1:2], by 2.1:1.0
> n3.c get here
n3.c get here → 1   at [1.1:32 2.1:1 3.1:2], by 3.1:2.0
> n3.d get key15 eventual
n3.d get key15 eventual → v
> n3.d exists key1 key2 key3 key4 own here none
n3.d exists key1 key2 key3 key4 own here none → 5
# Writes, and what they count.
> n3.c set key7 mine
> n3.c del key8 none
> n3.c get key7
> n3.c get key8
> n1.a set key9 later
> run 100
n1.a set key9 later → OK
n3.c set key7 mine → OK   at [1.1:32 2.1:1 3.1:3], is 3.1:3.0
n3.c del key8 none → 1   at [1.1:32 2.1:1 3.1:4], is 3.1:4.0
n3.c get key7 → mine   at [1.1:32 2.1:1 3.1:4], by 3.1:3.0
n3.c get key8 → nil   at [1.1:32 2.1:1 3.1:4], by 3.1:4.0
> n3.c get key9
n3.c get key9 → later   at [1.1:33 2.1:1 3.1:4], by 1.1:33.0
# What is about all keys waits, or sees some of them.
> n3.d keys *
> n3.e dbsize
n3.e dbsize → 8
> status
n1: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:4]
n2: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:4]
n3: boot 1, formed, ready, keys 8, vector [1.1:33 2.1:1 3.1:4], joins a state
> n3.c set key10 mine
> answers
n3.c set key10 mine → OK   at [1.1:33 2.1:1 3.1:5], is 3.1:5.0
n3.d keys * → [key28, key24, key7, key20, key3, key15, key11, key19, key29, key6, key25, key2, key21, old, key14, key10, key18, key9, key26, key5, key22, key1, key17, key13, key30, key4, key27, key23, key16, key12, here]
> status
n1: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:5]
n2: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:5]
n3: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:5]
> settle
> run 1500
> n3.c get key10
n3.c get key10 → mine   at [1.1:33 2.1:1 3.1:5], by 3.1:5.0
> status
n1: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:5]
n2: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:5]
n3: boot 1, formed, ready, keys 31, vector [1.1:33 2.1:1 3.1:5]
