#!/usr/bin/env python3
"""How long others wait while some clients ask for very much at once.

Starts three nodes from a release binary, fills them with keys, and has eight connections send one command after the other to
the leader: EXISTS of a million keys, DEL of as many keys as one may name, or a pipeline of megabytes. Another
client sends one GET, and another one SET, after the other meanwhile; what is shown is how long each of theirs took.

    cargo build --release && bench/long-commands.py
    bench/long-commands.py --level sequential --keys 100000 --commands exists
"""

import argparse
import os
import re
import socket
import sys
import threading
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))
bench = modules.load("redis-benchmark.py")

DEL_KEYS_MAX = 32_768


def command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection, connection.makefile("rb")


def fill(port, keys):
    """Sets all keys, a thousand at a time."""
    connection, file = connect(port)
    for start in range(0, len(keys), 1000):
        part = keys[start:start + 1000]
        connection.sendall(b"".join(command(b"SET", key, b"x" * 20) for key in part))
        for _ in part:
            line = file.readline()
            assert line == b"+OK\r\n", line


class Prober(threading.Thread):
    """Sends one small request after the other and notes how long each took."""

    def __init__(self, port, request):
        super().__init__(daemon=True)
        self.connection, self.file = connect(port)
        self.request, self.waits, self.ending = request, [], False

    def run(self):
        while not self.ending:
            start = time.monotonic()
            self.connection.sendall(self.request)
            line = self.file.readline()
            if line[:1] == b"$" and line != b"$-1\r\n":
                self.file.read(int(line[1:]) + 2)
            self.waits.append(1000 * (time.monotonic() - start))
            time.sleep(0.001)


class Asker(threading.Thread):
    """Sends the same bytes again and again, and waits for so many lines each time."""

    def __init__(self, port, request, lines, times):
        super().__init__(daemon=True)
        self.connection, self.file = connect(port)
        self.request, self.lines, self.times = request, lines, times
        self.heard = None

    def run(self):
        for _ in range(self.times):
            self.connection.sendall(self.request)
            for _ in range(self.lines):
                self.heard = self.file.readline()


def measure(port, name, askers):
    probers = [Prober(port, command(b"GET", b"probe")), Prober(port, command(b"SET", b"probe", b"v"))]
    for prober in probers:
        prober.start()
    time.sleep(0.5)
    quiet = [max(prober.waits) for prober in probers]
    for prober in probers:
        prober.waits = prober.waits[-1:]
    start = time.monotonic()
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    seconds = time.monotonic() - start
    for prober in probers:
        prober.ending = True
        prober.join()
    shown = []
    for prober, before in zip(probers, quiet):
        waits = sorted(prober.waits)
        shown.append(f"p50 {waits[len(waits) // 2]:.1f} p99 {waits[int(0.99 * len(waits))]:.1f} most {waits[-1]:.1f} "
                     f"(before: {before:.1f})")
    answers = {asker.heard.strip().decode() for asker in askers if asker.heard}
    print(f"{name}: {seconds:.1f} s, answers {', '.join(sorted(answers))[:80]}\n"
          f"  GET ms: {shown[0]}\n  SET ms: {shown[1]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(HERE)
    default = f"{root}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--commands", nargs="+", default=["exists", "pipeline", "del"])
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    options = parser.parse_args()
    keys = [b"key:%d" % n for n in range(options.keys)]
    cluster = bench.Cluster(re.split(r"\s+", options.server), options.nodes, options.level, options.directory)
    try:
        port = cluster.ports[cluster.leader]
        fill(port, keys + [b"probe"])
        askers = range(options.connections)
        if "exists" in options.commands:
            request = command(b"EXISTS", *keys)
            measure(port, f"EXISTS of {len(keys):,} keys, {len(request) / 1e6:.1f} MB, {options.connections} connections, twice",
                    [Asker(port, request, 1, 2) for _ in askers])
        if "pipeline" in options.commands:
            request = b"".join(command(b"SET", key, b"x" * 100) for key in keys[:50_000])
            measure(port, f"50,000 SETs at once, {len(request) / 1e6:.1f} MB, {options.connections} connections",
                    [Asker(port, request, 50_000, 1) for _ in askers])
        if "del" in options.commands:
            share = len(keys) // options.connections
            requests = [b"".join(command(b"DEL", *keys[at:min(at + DEL_KEYS_MAX, (i + 1) * share)])
                                 for at in range(i * share, (i + 1) * share, DEL_KEYS_MAX)) for i in askers]
            measure(port, f"DEL of all keys, {DEL_KEYS_MAX:,} at a time, {options.connections} connections",
                    [Asker(port, request, -(-share // DEL_KEYS_MAX), 1) for request in requests])
    finally:
        cluster.end()


if __name__ == "__main__":
    main()
