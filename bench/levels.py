#!/usr/bin/env python3
"""CPU microseconds per operation of Candor at each level, beside Redis with two replicas.

GET, SET, INCR, MGET of five keys and EXEC of five SETs, one and sixteen at a time on 64 connections; the sum over all
nodes, from /proc/PID/stat. A cluster is started for each level, which is that of its keyspace `default`; all take their
turns in each run, Redis among them, so that ratios hold where figures of different hours do not. Load comes from
redis-benchmark; that of EXEC, which it has not, from a loop of this script.

    cargo build --release && bench/levels.py                                   # some half an hour
    bench/levels.py --levels sequential --commands get set --pipeline 16 --runs 5
    bench/levels.py --before "EARLIER/candor serve" --levels linearizable      # an earlier build, in turns as well
"""

import argparse
import os
import random
import re
import select
import shutil
import socket
import sys
import time

import modules

bench = modules.load("redis-benchmark.py")

KEYS, VALUE = 100_000, "x" * 100
LEVELS = ["linearizable", "bounded:100", "sequential", "causal", "eventual"]
# What redis-benchmark is told, and how many operations a run has at a pipeline of 1 and of more.
COMMANDS = {
    "get": (["get", "key:__rand_int__"], 200_000, 2_000_000),
    "set": (["set", "key:__rand_int__", VALUE], 100_000, 600_000),
    "incr": (["incr", "counter:__rand_int__"], 100_000, 600_000),
    "mget": (["mget"] + 5 * ["key:__rand_int__"], 100_000, 600_000),
    "exec": (None, 60_000, 200_000),
}
SETS_OF_EXEC = 5
EXEC_REPLY_BYTES = len(b"+OK\r\n" + SETS_OF_EXEC * b"+QUEUED\r\n" + b"*5\r\n" + SETS_OF_EXEC * b"+OK\r\n")


def encoded(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def transaction(chance):
    keys = [b"key:%012d" % chance.randrange(KEYS) for _ in range(SETS_OF_EXEC)]
    return encoded(b"MULTI") + b"".join(encoded(b"SET", key, VALUE.encode()) for key in keys) + encoded(b"EXEC")


def exec_of_five(port, pipeline, clients, count):
    """So many transactions, so many at a time on each connection."""
    chance = random.Random(7)
    batches = [b"".join(transaction(chance) for _ in range(pipeline)) for _ in range(max(256 // pipeline, 32))]
    left = batches_open = count // pipeline  # not sent, and not answered
    poll, waits = select.epoll(), {}
    for place in range(clients):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(connection, select.EPOLLIN)
        waits[connection.fileno()] = [connection, 0]

    def send(wait):
        nonlocal left
        left -= 1
        wait[0].sendall(batches[left % len(batches)])
        wait[1] = pipeline * EXEC_REPLY_BYTES

    for wait in list(waits.values())[:left]:
        send(wait)
    while batches_open > 0:
        for file, _ in poll.poll():
            wait = waits[file]
            heard = wait[0].recv(65536)
            wait[1] -= len(heard)
            if not heard or b"-" in heard or wait[1] < 0:
                sys.exit(f"EXEC was answered otherwise than OK: {heard[:200]}")
            if wait[1] == 0:
                batches_open -= 1
                if left > 0:
                    send(wait)
    for connection, _ in waits.values():
        connection.close()


def measure(servers, command, pipeline, options):
    """CPU microseconds per operation of all servers together, and how many cores were busy with anything else."""
    words, few, many = COMMANDS[command]
    count = int((few if pipeline == 1 else many) * options.share)
    port = servers.ports[servers.leader]
    before, busy, start = servers.cpu_seconds(), bench.busy_seconds(), time.monotonic()
    children, own = bench.child_seconds(), time.process_time()
    if words is None:
        exec_of_five(port, pipeline, options.clients, count)
    else:
        bench.load(port, words, pipeline, options.clients, count)
    used = sum(servers.cpu_seconds()) - sum(before)
    known = used + bench.child_seconds() - children + time.process_time() - own
    others = (bench.busy_seconds() - busy - known) / (time.monotonic() - start)
    return 1e6 * used / count, max(others, 0)


def contenders(options):
    """What is set side by side: name, and how it is started."""
    if not options.no_redis:
        program = re.split(r"\s+", options.redis_server)
        yield "Redis, 2 replicas", lambda: bench.Redis(program, options.nodes - 1, None, options.directory)
    versions = [("", options.server)] + ([("before: ", options.before)] if options.before else [])
    for level in options.levels:
        for version, command in versions:
            command = re.split(r"\s+", command)
            yield version + level, lambda command=command, level=level: bench.Cluster(
                command, options.nodes, level, options.directory)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    default = f"{root}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--before", help="the command of an earlier build, in turns as well")
    parser.add_argument("--levels", nargs="+", default=LEVELS)
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=list(COMMANDS))
    parser.add_argument("--pipeline", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3, help="the median of so many")
    parser.add_argument("--share", type=float, default=1.0, help="so much of the usual number of operations")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    parser.add_argument("--redis-server", default="redis-server", help="the program of Redis")
    parser.add_argument("--no-redis", action="store_true")
    options = parser.parse_args()
    if not shutil.which("redis-benchmark"):
        sys.exit("redis-benchmark is not installed (Debian: redis-tools)")
    tests = [(command, pipeline) for pipeline in options.pipeline for command in options.commands]
    figures, busiest = {}, 0
    for run in range(options.runs):
        for name, start in contenders(options):
            servers = start()
            try:
                bench.load(servers.ports[servers.leader], COMMANDS["set"][0], 16, 64, 4 * KEYS)
                for test in tests:
                    micros, others = measure(servers, *test, options)
                    figures.setdefault((name, test), []).append((micros,))
                    busiest = max(busiest, others)
            finally:
                servers.end()
            print(f"run {run + 1} of {options.runs}: {name}", file=sys.stderr)
    names = [name for name, _ in contenders(options)]
    rows = [["CPU us/op, all nodes"] + names]
    for command, pipeline in tests:
        cells = [bench.median(figures[name, (command, pipeline)], 0) for name in names]
        rows.append([f"{command.upper()}, P={pipeline}"] + [f"{cell:.2f}" for cell in cells])
    bench.print_table(rows)
    print(f"At most {busiest:.1f} cores were busy with anything else.", file=sys.stderr)


if __name__ == "__main__":
    main()
