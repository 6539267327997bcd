#!/usr/bin/env python3
"""How long GET and SET take at the leader and at a follower, at a part of the highest rate.

Starts three nodes from a release binary, finds the highest rate of the leader (clients that send the next operation when
the last one is answered), then sends operations on schedule, whether or not those before them are answered, to the
leader alone and to one follower alone. An operation's time counts from when it was due, so a server that stands still
is not asked less. Half of the operations are GET, half SET, of 100 bytes; each client sends one at a time. One thread
sends and hears everything: where it is late itself, that shows as "late", and the run means little.

    cargo build --release && bench/open-loop.py
    bench/open-loop.py --share 0.6 --runs 5 --seconds 5
"""

import argparse
import collections
import os
import re
import select
import socket
import statistics
import sys
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))
bench = modules.load("redis-benchmark.py")

KEYS = 1000
VALUE = b"x" * 100
GETS = [b"*2\r\n$3\r\nGET\r\n$8\r\nkey:%04d\r\n" % n for n in range(KEYS)]
SETS = [b"*3\r\n$3\r\nSET\r\n$8\r\nkey:%04d\r\n$100\r\n%s\r\n" % (n, VALUE) for n in range(KEYS)]
# How long the replies are; all keys have a value.
GET_BYTES, SET_BYTES = len(b"$100\r\n\r\n") + len(VALUE), len(b"+OK\r\n")


class Client:
    """One connection, and the operations that it waits for."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.open = collections.deque()  # (is it a SET, when it was due)
        self.bytes = 0

    def send(self, number, due):
        is_set = number % 2 == 1
        self.socket.sendall((SETS if is_set else GETS)[number * 7919 // 2 % KEYS])
        self.open.append((is_set, due))

    def hear(self, waits):
        """Takes replies; gives back how many."""
        self.bytes += len(self.socket.recv(65536))
        heard = 0
        while self.open:
            is_set, due = self.open[0]
            length = SET_BYTES if is_set else GET_BYTES
            if self.bytes < length:
                break
            self.bytes -= length
            self.open.popleft()
            waits[is_set].append(time.monotonic() - due)
            heard += 1
        return heard


class Load:
    """Clients of one node."""

    def __init__(self, port, count):
        self.clients = [Client(port) for _ in range(count)]
        self.poll = select.epoll()
        self.by_file = {client.socket.fileno(): client for client in self.clients}
        for file in self.by_file:
            self.poll.register(file, select.EPOLLIN)
        self.number = 0

    def send(self, client, due):
        client.send(self.number, due)
        self.number += 1

    def closed(self, seconds):
        """Operations a second where each client sends the next one when it has a reply."""
        waits, begun = ([], []), time.monotonic()
        for client in self.clients:
            self.send(client, time.monotonic())
        while time.monotonic() < begun + seconds:
            for file, _ in self.poll.poll(1):
                client = self.by_file[file]
                for _ in range(client.hear(waits)):
                    self.send(client, time.monotonic())
        self.drain(waits)
        return sum(map(len, waits)) / seconds

    def on_schedule(self, rate, seconds):
        """The times of GETs and of SETs, and how late this thread itself was at worst, in seconds."""
        waits, begun, late = ([], []), time.monotonic(), 0
        count = int(rate * seconds)
        for number in range(count):
            due = begun + number / rate
            while (now := time.monotonic()) < due:
                self.hear(waits, due - now)
            late = max(late, now - due)
            self.send(self.clients[number % len(self.clients)], due)
            if number % 8 == 0:
                self.hear(waits, 0)
        self.drain(waits)
        return waits, late

    def hear(self, waits, timeout):
        for file, _ in self.poll.poll(timeout):
            self.by_file[file].hear(waits)

    def drain(self, waits):
        while any(client.open for client in self.clients):
            self.hear(waits, 1)

    def end(self):
        self.poll.close()
        for client in self.clients:
            client.socket.close()


def percentile(values, share):
    return 1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))]


def fill(port):
    """Gives every key a value."""
    client = Client(port)
    for number in range(KEYS):
        client.socket.sendall(SETS[number])
    left = KEYS * SET_BYTES
    while left:
        left -= len(client.socket.recv(65536))
    client.socket.close()


def run(cluster, options):
    """The highest rate; and by role p50 and p99 of GET and SET, and how late the sender was."""
    roles = {"leader": cluster.leader, "follower": (cluster.leader + 1) % 3}
    fill(cluster.ports[cluster.leader])
    load = Load(cluster.ports[cluster.leader], options.clients)
    highest = load.closed(options.seconds)
    load.end()
    figures = {}
    for role, node in roles.items():
        load = Load(cluster.ports[node], options.clients)
        (gets, sets), late = load.on_schedule(options.share * highest, options.seconds)
        load.end()
        figures[role] = [percentile(waits, share) for waits in (gets, sets) for share in (0.5, 0.99)] + [1000 * late]
    return highest, figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = f"{os.path.dirname(HERE)}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--share", type=float, default=0.6, help="of the highest rate")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=5, help="the median of so many")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    options = parser.parse_args()
    rates, figures = [], {}
    for number in range(options.runs):
        cluster = bench.Cluster(re.split(r"\s+", options.server), 3, options.level, options.directory)
        try:
            highest, of_roles = run(cluster, options)
        finally:
            cluster.end()
        rates.append(highest)
        for role, row in of_roles.items():
            figures.setdefault(role, []).append(row)
        print(f"run {number + 1} of {options.runs}: {highest:,.0f} operations a second", file=sys.stderr)
    print(f"highest rate {statistics.median(rates):,.0f} a second, {options.clients} clients, then {options.share:.0%} of it")
    rows = [["asked", "GET p50 ms", "GET p99 ms", "SET p50 ms", "SET p99 ms", "late, most ms"]]
    for role, runs in figures.items():
        rows.append([role] + [f"{statistics.median(column):.2f}" for column in zip(*runs)])
    bench.print_table(rows)


if __name__ == "__main__":
    main()
