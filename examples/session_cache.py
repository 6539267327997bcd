"""Sessions of a web site, which any node serves, and which end by themselves. Level: sequential, with a token.

`session_cache.py [--without-token] [--history FILE] PORT…`: the ports of one cluster's nodes.

Whoever logs in gets, beside the session's id, a token: where the store stood when the session was written. The next
request brings it along, and the node that serves it waits until it stands there, as a rule not at all. The read itself
is local: no round to anybody.

Without the token the next node may not know the session yet, at sequential as at any level below linearizable. See
`--without-token`, and `candor run examples/session_cache.json`, where a link is slow. `--history` writes down what was done;
`candor check --level ryw FILE` judges whether the user read his own writes.
"""

import argparse
import json
import time

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

SESSION = "session:anna"
TTL_SECONDS = 600
REQUESTS = 300


def write(client, value):
    """Writes a session, and gives the token of that place: on one connection, and so in one pipeline."""
    pipeline = client.pipeline(transaction=False)
    pipeline.set(SESSION, value, ex=TTL_SECONDS)
    pipeline.execute_command("CONSISTENCY", "TOKEN")
    return pipeline.execute()[-1]


def read(client, token):
    """Reads a session as it was at that place, or later."""
    pipeline = client.pipeline(transaction=False)
    if token:
        pipeline.execute_command("CONSISTENCY", "WAITFOR", token)
    pipeline.execute_command("GET@SEQUENTIAL", SESSION)
    return pipeline.execute()[-1]


class History:
    """What one user did, in the form that `candor check` reads."""

    def __init__(self):
        self.lines = [{"candor_history": 1, "unit": "ns", "level": "ryw"}]

    def write(self, server, value, do):
        return self.note("write", server, do, lambda said: value)

    def read(self, server, do):
        return self.note("read", server, do, lambda said: said)

    def note(self, kind, server, do, value):
        start = time.monotonic_ns()
        said = do()
        self.lines.append({"client": 0, "key": SESSION, "kind": kind, "value": value(said), "server": server,
                           "start": start, "end": time.monotonic_ns()})
        return said


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--without-token", action="store_true")
    arguments.add_argument("--history", type=argparse.FileType("w"))
    arguments.add_argument("ports", nargs="+", type=int)
    given = arguments.parse_args()
    clients = [redis.Redis(port=port, decode_responses=True, retry=Retry(NoBackoff(), 0)) for port in given.ports]
    history, missed = History(), 0
    for step in range(REQUESTS):
        # Her requests go to the nodes in turn. Each one changes the session, and the next one must see that.
        here, there = step % len(clients), (step + 1) % len(clients)
        token = history.write(here, str(step), lambda: write(clients[here], step))
        seen = history.read(there, lambda: read(clients[there], None if given.without_token else token))
        missed += seen != str(step)
    print(f"{missed} of {REQUESTS} requests missed what the one before them wrote")
    if given.history:
        given.history.writelines(json.dumps(line) + "\n" for line in history.lines)
    assert given.without_token or not missed


if __name__ == "__main__":
    main()
