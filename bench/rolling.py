#!/usr/bin/env python3
"""How long clients wait while all nodes of a cluster are started again, one after the other.

Starts three nodes from a release binary and keeps a steady load on all of them. Each node in turn is ended by SIGTERM and
started again as soon as it is gone; the next one has its turn when all are ready. Half of the clients write, the others
read, one operation after the other, on schedule; whoever is refused or finds nobody asks the next node. What is told of
each restart, and of all:

- pause: the longest time in which no write was answered, whoever wrote;
- wait: the longest time from the first attempt of an operation until it was done, at whatever node;
- operations whose outcome is unknown: connections that broke with one on its way, and -INDETERMINATE.

    cargo build --release && bench/rolling.py
    bench/rolling.py --rounds 5 --rate 2000
"""

import argparse
import os
import re
import signal
import statistics
import sys
import time

import modules

hand_over = modules.load("hand-over.py")


class Client(hand_over.Client):
    """Writes, or reads: always the same of both, at whatever node."""

    def __init__(self, ports, place, every, pipeline):
        self.writes = place % 2 == 0
        super().__init__(ports, place // 2, every, pipeline)

    def operation(self, n):
        key = b"key:%d" % ((self.place * 7919 + n) % 1000)
        if self.writes:
            return b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$100\r\n%s\r\n" % (len(key), key, b"x" * 100)
        return b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key)

    def unknown(self):
        """How many attempts have an unknown outcome. An error is certain, but for one; so is a port where nobody is."""
        certain = [what for what in self.errors if what.startswith("-") and not what.startswith("-INDETERMINATE")]
        certain += [what for what in self.errors if what.startswith("ConnectionRefusedError")]
        return sum(count for what, count in self.errors.items() if what not in certain)


def longest_pause(answered, begin, end):
    """Between two answers of these, around this time, in seconds."""
    near = sorted(when for when in answered if begin - 0.3 <= when <= end)
    return max((later - sooner for sooner, later in zip(near, near[1:])), default=end - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    default = f"{root}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--rounds", type=int, default=5, help="how often all three are started again")
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--rate", type=int, default=2000, help="operations a second")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    options = parser.parse_args()
    cluster = hand_over.Cluster(re.split(r"\s+", options.server), 3, options.level, options.directory)
    try:
        report(cluster, options)
    finally:
        cluster.end()


def report(cluster, options):
    every = options.clients / options.rate
    clients = [Client(cluster.ports, place, every, 1) for place in range(options.clients)]
    for client in clients:
        client.start()
    time.sleep(2)
    restarts = []
    for n in range(3 * options.rounds):
        place, leader = n % 3, cluster.wait_for_leader(options.level)
        begun = time.monotonic()
        cluster.signal(place, signal.SIGTERM)
        cluster.processes[place].wait(30)
        ended = time.monotonic()
        cluster.start_again(place)
        cluster.leader = cluster.wait_for_leader(options.level)
        ready = time.monotonic()
        time.sleep(1)
        restarts.append((place, place == leader, begun, ended, ready))
        print(f"{n + 1} of {3 * options.rounds}", end="\r", file=sys.stderr)
    hand_over.stop(clients)
    print(file=sys.stderr)
    answered = [start + took for client in clients if client.writes for start, took, _ in client.waits]
    pauses, waits = [], []
    print("node | led | ended after, ms | ready after, ms | pause, ms | wait, ms")
    for place, led, begun, ended, ready in restarts:
        pauses.append(1000 * longest_pause(answered, begun, ready + 1))
        waits.append(1000 * max(took for client in clients for start, took, _ in client.waits
                                if begun - 0.3 <= start <= ready + 1))
        print(f"{place + 1:4} | {'yes' if led else 'no ':3} | {1000 * (ended - begun):15.0f} | {1000 * (ready - begun):15.0f} | "
              f"{pauses[-1]:9.0f} | {waits[-1]:8.0f}")
    errors = {}
    for client in clients:
        for what, count in client.errors.items():
            errors[what] = errors.get(what, 0) + count
    unknown = sum(client.unknown() for client in clients)
    print(f"{len(restarts)} restarts, {options.clients} clients of {options.level}, {options.rate:,} operations a second")
    print(f"longest pause of writes: median {statistics.median(pauses):.0f} ms, most {max(pauses):.0f} ms; "
          f"longest wait: median {statistics.median(waits):.0f} ms, most {max(waits):.0f} ms")
    print(f"unknown outcomes: {unknown}")
    print("errors that clients saw: " + ("; ".join(f"{count} × {what}" for what, count in sorted(errors.items())) or "none"))


if __name__ == "__main__":
    main()
