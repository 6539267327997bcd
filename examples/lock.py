"""A lock that one worker holds at a time, and that outlives no worker. Level: linearizable.

`lock.py PORT…`: the ports of one cluster's nodes. Two things make it safe:

- It is taken by one transaction, decided at one place in the log: the key is set if it is not there, with a lease, and
  a counter goes up. The counter is the fencing token: whoever takes the lock later has a greater one.
- A lease may end while its holder still believes in it, after a long pause for example. So whatever the lock guards
  looks at the token, and refuses one that is smaller than one that it has seen.

`SET … NX` is decided in the log whatever the level, but *is it still mine?* is a plain read. One level below, a node
that is cut off still says yes when the lock is another's: `candor run examples/lock.json`.

redis-py has a lock of its own, which gives the key back by a script. Candor runs no scripts; `DELIFEQ` does it.
"""

import sys
import threading
import time
import uuid

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

LEASE_MS = 2000


class Lock:
    def __init__(self, client, name):
        self.client, self.name = client, name
        self.owner = uuid.uuid4().hex
        self.fence = 0

    def acquire(self):
        """Tries until it has the lock; after that, `fence` is the token."""
        while True:
            pipeline = self.client.pipeline(transaction=True)
            pipeline.set(self.name, self.owner, nx=True, px=LEASE_MS)
            pipeline.incr(self.name + ":fence")
            taken, self.fence = pipeline.execute()
            if taken:
                return
            time.sleep(0.02)

    def extend(self):
        """Makes the lease new if the lock is still ours."""
        said = self.client.execute_command("SET", self.name, self.owner, "IFEQ", self.owner, "PX", LEASE_MS)
        return said is not None

    def is_mine(self):
        """True of the moment of the read, and only because of its level."""
        return self.client.execute_command("GET@LINEARIZABLE", self.name) == self.owner

    def release(self):
        return self.client.execute_command("DELIFEQ", self.name, self.owner) == 1


class Resource:
    """What the lock guards, somewhere outside: it takes no token that is smaller than one it has seen."""

    def __init__(self):
        self.fence, self.writers, self.guard = 0, [], threading.Lock()

    def write(self, fence, who):
        with self.guard:
            if fence < self.fence:
                return False
            self.fence = fence
            self.writers.append(who)
            return True


def work(client, who, resource, turns):
    while turns:
        lock = Lock(client, "lock")
        lock.acquire()
        if lock.is_mine() and lock.extend() and resource.write(lock.fence, who):
            turns -= 1
        lock.release()


def main():
    # An acquire of unknown outcome raises, and the lease ends what it may have taken. A library that asked again by
    # itself would find the lock taken, by itself.
    clients = [redis.Redis(port=int(port), decode_responses=True, retry=Retry(NoBackoff(), 0)) for port in sys.argv[1:]]
    clients[0].delete("lock")
    resource = Resource()
    workers = [threading.Thread(target=work, args=(client, at, resource, 10)) for at, client in enumerate(clients)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    print(f"{len(resource.writers)} writes under the lock, by {len(set(resource.writers))} workers")
    assert len(resource.writers) == 10 * len(clients)

    # A holder that pauses for longer than its lease finds the lock taken, and its late write is refused.
    slow, next_one = Lock(clients[0], "lock"), Lock(clients[-1], "lock")
    slow.acquire()
    next_one.acquire()
    assert next_one.fence > slow.fence and resource.write(next_one.fence, "the next one")
    assert not slow.is_mine() and not slow.extend() and not slow.release()
    assert not resource.write(slow.fence, "the slow one")
    print("the late write of a holder whose lease is over is refused")


if __name__ == "__main__":
    main()
