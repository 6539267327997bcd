"""So many requests of each user in each window, over all nodes together. Level: sequential.

`rate_limiter.py PORT…`: the ports of one cluster's nodes.

One transaction opens the window if there is none, with its end, and counts. It takes one round, at any node. Both
commands stand at one place in the log, so each request has a number of its own, and no crash leaves a counter without
an end. The window ends by the time in the log: at the same place on all replicas.

Nothing here is a plain read, so `linearizable` gives no more than `sequential` does. One level below (`causal`) nobody
counts for all: each node can only note whom it let in and look at the notes of the others, and two nodes both let the
last one in: `candor run examples/rate_limiter.json`.
"""

import sys
import threading
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def is_allowed(client, user, limit, window_ms):
    pipeline = client.pipeline(transaction=True)
    pipeline.set(f"rate:{user}", 0, nx=True, px=window_ms)
    pipeline.incr(f"rate:{user}")
    try:
        return pipeline.execute()[-1] <= limit
    except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):
        return False  # Perhaps it counts, perhaps not: too few come in, never too many.


def main():
    # A library that asked again by itself might count a request twice.
    clients = [redis.Redis(port=int(port), decode_responses=True, retry=Retry(NoBackoff(), 0)) for port in sys.argv[1:]]
    clients[0].delete("rate:anna", "rate:ben")
    allowed = []

    def ask(client):
        allowed.extend(is_allowed(client, "anna", limit=10, window_ms=60_000) for _ in range(20))

    users = [threading.Thread(target=ask, args=(client,)) for client in clients]
    [user.start() for user in users]
    [user.join() for user in users]
    print(f"{sum(allowed)} of {len(allowed)} requests are let in, by {len(clients)} nodes; a window has 10")
    assert sum(allowed) == 10

    while is_allowed(clients[0], "ben", limit=10, window_ms=500):
        pass
    while not is_allowed(clients[-1], "ben", limit=10, window_ms=500):
        time.sleep(0.02)
    print("the next window lets in again")


if __name__ == "__main__":
    main()
