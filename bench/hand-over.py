#!/usr/bin/env python3
"""How long clients wait when the leader of three nodes is ended by SIGTERM.

Starts a cluster from a release binary, keeps a steady load on all of its nodes, ends the leader, starts it again, and
so on. Each client sends one SET or GET after the other, on schedule; if its node closes the connection or refuses, it
asks the next node. What is measured is how long an operation took from its first attempt until it was done, at whatever
node: of those that began within a second of the signal, the longest for each hand-over.

    cargo build --release && bench/hand-over.py
    bench/hand-over.py --rate 1000 --hand-overs 10 --signal KILL
"""

import argparse
import os
import re
import signal
import socket
import statistics
import sys
import threading
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))
bench = modules.load("redis-benchmark.py")


class Client(threading.Thread):
    """Sends one operation after the other, so many a second, to one node as long as it serves."""

    def __init__(self, ports, place, every, pipeline):
        super().__init__(daemon=True)
        self.ports, self.place, self.every = ports, place, every
        self.batch = b"".join(self.operation(n) for n in range(pipeline))
        self.pipeline = pipeline
        self.waits = []  # (when it began, how long it took, how often it was tried)
        self.errors = {}
        self.ending = False
        self.socket = None

    def operation(self, n):
        key = b"key:%d" % ((self.place * 7919 + n) % 1000)
        if (self.place + n) % 2:
            return b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(key), key)
        return b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$100\r\n%s\r\n" % (len(key), key, b"x" * 100)

    def run(self):
        due = time.monotonic() + self.every * (self.place % 97) / 97
        while not self.ending:
            time.sleep(max(0, due - time.monotonic()))
            start, tries = time.monotonic(), 0
            while not self.ending:
                tries += 1
                if self.attempt():
                    break
                self.place += 1
                if tries % len(self.ports) == 0:
                    time.sleep(0.002)
            self.waits.append((start, time.monotonic() - start, tries))
            due = max(due + self.every, time.monotonic())

    def attempt(self):
        try:
            if self.socket is None:
                port = self.ports[self.place % len(self.ports)]
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.file = self.socket.makefile("rb")
            self.socket.sendall(self.batch)
            for _ in range(self.pipeline):
                line = self.file.readline()
                if line[:1] == b"-" or not line:
                    raise OSError(line.split(b" ")[0].decode() or "closed")
                if line[:1] == b"$" and line != b"$-1\r\n":
                    self.file.read(int(line[1:]) + 2)
            return True
        except OSError as error:
            what = str(error) if str(error).startswith("-") else type(error).__name__ + " " + str(error)
            self.errors[what] = self.errors.get(what, 0) + 1
            if self.socket is not None:
                self.socket.close()
            self.socket = None
            return False


class Cluster(bench.Cluster):
    """A cluster whose nodes end and start again."""

    def signal(self, i, number):
        self.processes[i].send_signal(number)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(HERE)
    default = f"{root}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--hand-overs", type=int, default=50)
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--rate", type=int, default=0, help="operations a second; 0: half of what these clients get at most")
    parser.add_argument("--pipeline", type=int, default=1, help="operations that a client sends at once")
    parser.add_argument("--signal", default="TERM", help="TERM, or KILL to see what an election costs")
    parser.add_argument("--slow", action="store_true", help="show every operation that took more than 80 ms")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    options = parser.parse_args()
    cluster = Cluster(re.split(r"\s+", options.server), 3, options.level, options.directory)
    try:
        rate = options.rate or highest(cluster, options) / 2
        print(f"{rate:,.0f} operations a second, {options.clients} clients", file=sys.stderr)
        report(cluster, options, rate)
    finally:
        cluster.end()


def start_clients(cluster, options, rate):
    every = options.clients * options.pipeline / rate
    clients = [Client(cluster.ports, i, every, options.pipeline) for i in range(options.clients)]
    for client in clients:
        client.start()
    return clients


def highest(cluster, options):
    """Operations a second if every client sends as fast as it is answered."""
    clients = start_clients(cluster, options, 1e9)
    time.sleep(1)
    before = sum(len(client.waits) for client in clients)
    time.sleep(4)
    after = sum(len(client.waits) for client in clients)
    stop(clients)
    return (after - before) * options.pipeline / 4


def stop(clients):
    for client in clients:
        client.ending = True
    for client in clients:
        client.join()


def report(cluster, options, rate):
    clients = start_clients(cluster, options, rate)
    time.sleep(2)
    at, ended = [], []
    for n in range(options.hand_overs):
        leader = cluster.wait_for_leader(options.level)
        at.append(time.monotonic())
        cluster.signal(leader, getattr(signal, "SIG" + options.signal))
        cluster.processes[leader].wait(10)
        ended.append(time.monotonic() - at[-1])
        cluster.start_again(leader)
        cluster.leader = cluster.wait_for_leader(options.level)
        time.sleep(1.2)
        print(f"{n + 1} of {options.hand_overs}: ended after {1000 * ended[-1]:.0f} ms", end="\r", file=sys.stderr)
    stop(clients)
    print(file=sys.stderr)
    near = [[wait for client in clients for wait in client.waits if when - 0.3 <= wait[0] < when + 1]
            for when in at]
    worst = [1000 * max(wait[1] for wait in waits) for waits in near]
    waits = [1000 * wait[1] for each in near for wait in each]
    for when, wait in sorted((wait[0] - near_at, wait[1:]) for client in clients for wait in client.waits for near_at in [max((a for a in at if a <= wait[0] + 0.3), default=0)] if wait[1] > 0.08)[:0 if not options.slow else None]:
        print(f"  {1000 * when:+.0f} ms after the signal: {1000 * wait[0]:.0f} ms, tried {wait[1]} times")
    far = [1000 * wait[1] for client in clients for wait in client.waits
           if all(not when - 0.3 <= wait[0] < when + 1 for when in at)]
    errors = {}
    for client in clients:
        for what, count in client.errors.items():
            errors[what] = errors.get(what, 0) + count
    print(f"{len(at)} times SIG{options.signal} to the leader, {options.clients} clients of {options.level}, "
          f"pipelines of {options.pipeline}, {rate:,.0f} operations a second")
    print(f"longest wait of any client: median {statistics.median(worst):.0f} ms, "
          f"p99 {percentile(worst, 0.99):.0f} ms, most {max(worst):.0f} ms")
    print(f"all {len(waits)} waits around them: median {statistics.median(waits):.1f} ms, p99 {percentile(waits, 0.99):.1f} ms; "
          f"at other times p99 {percentile(far, 0.99):.1f} ms, most {max(far):.0f} ms")
    print(f"the process ended after: median {1000 * statistics.median(ended):.0f} ms, most {1000 * max(ended):.0f} ms")
    print("errors that clients saw: " + ("; ".join(f"{count} × {what}" for what, count in sorted(errors.items())) or "none"))


if __name__ == "__main__":
    main()
