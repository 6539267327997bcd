# SCAN and KEYS list the keys of the keyspace whose prefix their pattern begins with, those of others not.
> cluster 3 sequential
> settle
> n1.a keyspace create users user: agreed sequential
> answers
n1.a keyspace create users user: agreed sequential → OK
> n1.a keyspace create admins user:admin: agreed sequential
> answers
n1.a keyspace create admins user:admin: agreed sequential → OK
> n1.a keyspace create carts cart:[1]* merged causal
> answers
n1.a keyspace create carts cart:[1]* merged causal → OK
> settle
> n2.b mset user:1 anna user:2 ben
> n2.b set user:admin:1 carl
> n2.b set team:1 red
> n2.b set cart:[1]*7 pears
> settle
n2.b mset user:1 anna user:2 ben → OK
n2.b set user:admin:1 carl → OK
n2.b set team:1 red → OK
n2.b set cart:[1]*7 pears → OK
> n2.b keys *
n2.b keys * → [team:1]
> n2.b keys user:*
n2.b keys user:* → [user:2, user:1]
> n2.b keys user:admin:*
n2.b keys user:admin:* → [user:admin:1]
> n2.b keys cart:\[1\]\**
n2.b keys cart:\[1\]\** → [cart:[1]*7]
> n2.b keys cart:*
n2.b keys cart:* → []
> n2.b scan 0 match user:* count 100
n2.b scan 0 match user:* count 100 → [0, [user:2, user:1]]
> n2.b scan 0 count 100
n2.b scan 0 count 100 → [0, [team:1]]
> n2.b scan 0 match us[e]r:* count 100
n2.b scan 0 match us[e]r:* count 100 → [0, []]
> n2.b dbsize
n2.b dbsize → 4
> answers
# What DROP says helps.
> n3.c keyspace drop carts
> answers
n3.c keyspace drop carts → ERR the keyspace carts has keys, such as cart:[1]*7: it is not dropped. Hint: DEL them first; SCAN 0 MATCH "cart:\\[1]\\**" lists them
> n3.c scan 0 match cart:\[1]\** count 100
n3.c scan 0 match cart:\[1]\** count 100 → [0, [cart:[1]*7]]
> n3.c del cart:[1]*7
> answers
n3.c del cart:[1]*7 → 1
> n3.c keyspace drop carts
> answers
n3.c keyspace drop carts → OK
