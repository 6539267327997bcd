# What was fetched in part counts never: neither alone, nor with what is fetched later.
> cluster 3 sequential
> keep 1000
> pieces 60
> settle
> crash 3
> n1.a fill key 40
40 of 40 done
> run 100
> snapshot 1
> run 100
n1: snapshot 1 is in place
> snapshot 1
> run 100
n1: snapshot 2 is in place
> start 3
> run 650
n3 fetches the state of n1
> status
n1: boot 1, formed, ready, keys 40, vector []
n2: boot 1, formed, ready, keys 40, vector []
n3: boot 2, formed, waits for a majority to confirm what is committed, keys 0, vector []
> crash 3
> n1.a del key1 key2 key3 key4 key5 key6 key7 key8 key9 key10
> n1.a del key11 key12 key13 key14 key15 key16 key17 key18 key19 key20
> n1.a fill key3 9
n1.a del key1 key2 key3 key4 key5 key6 key7 key8 key9 key10 → 10
n1.a del key11 key12 key13 key14 key15 key16 key17 key18 key19 key20 → 10
9 of 9 done
> snapshot 1
> run 100
n1: snapshot 3 is in place
> start 3
> run 3000
n3 fetches the state of n1
n3 has the state of n1, up to 51
> settle
> status
n1: boot 1, formed, ready, keys 20, vector []
n2: boot 1, formed, ready, keys 20, vector []
n3: boot 3, formed, ready, keys 20, vector []
> crash 3
> start 3
> settle
> status
n1: boot 1, formed, ready, keys 20, vector []
n2: boot 1, formed, ready, keys 20, vector []
n3: boot 4, formed, ready, keys 20, vector []
> n3.c exists key1 key2 key3 key4 key5 key6 key7 key8 key9 key10
n3.c exists key1 key2 key3 key4 key5 key6 key7 key8 key9 key10 → 0
> n3.c exists key11 key12 key13 key14 key15 key16 key17 key18 key19 key20
n3.c exists key11 key12 key13 key14 key15 key16 key17 key18 key19 key20 → 0
> run 100
