#!/usr/bin/env python3
"""How soon writes are answered again when the leader of three nodes is killed, and whether full load causes elections.

Starts a cluster from a release binary and finds the highest rate of its writers, each of which sends one SET after the
other to one node. Then they send on schedule, half as often, the leader gets SIGKILL and is started again, and so on.
A writer whose node is gone goes to the next one. With --signal STOP the leader only stops for a while, as a machine does
that lost its power: no connection tells of it. Of each kill is told

- the first write at either survivor that was begun after the kill and acknowledged, counted from the kill;
- the longest time in which a survivor acknowledged nothing;
- the longest wait of any writer, whatever it had to try.

At the end, or alone with --kills 0, all writers send as fast as they are answered, and the terms before and after tell
how many elections there were.

    cargo build --release && bench/failover.py
    bench/failover.py --kills 0 --full 600 --pipeline 16
"""

import argparse
import os
import re
import signal
import statistics
import sys
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))
hand_over = modules.load("hand-over.py")
# How long before and after a kill is looked at, in seconds.
BEFORE, AFTER = 0.1, 2.5


class Writer(hand_over.Client):
    """Writes only, and notes which node acknowledged each."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.home, self.goes_home = self.place, False
        self.acknowledged = []  # (when it was begun, when it was acknowledged, the node)

    def operation(self, n):
        key = b"key:%d" % ((self.place * 7919 + n) % 1000)
        return b"*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$100\r\n%s\r\n" % (len(key), key, b"x" * 100)

    def attempt(self):
        if self.goes_home:
            self.goes_home, self.place, self.socket = False, self.home, None
        begun = time.monotonic()
        done = super().attempt()
        if done:
            self.acknowledged.append((begun, time.monotonic(), self.place % len(self.ports)))
        return done


class Kill:
    """What one kill cost, in milliseconds."""

    def __init__(self, at, leader, writers):
        until = at + AFTER
        near = [each for writer in writers for each in writer.acknowledged if at - BEFORE <= each[1] < until]
        survivors = [node for node in range(3) if node != leader]
        self.first, gaps = [], []
        for node in survivors:
            after = [done for begun, done, by in near if by == node and begun >= at]
            self.first.append(1000 * (min(after, default=until) - at))
            dones = sorted(done for _, done, by in near if by == node) + [until]
            gaps.append(1000 * max(later - earlier for earlier, later in zip(dones, dones[1:])))
        self.gap = max(gaps)
        # Who waits at a leader that only stopped is not done yet, and not counted: its node is not gone.
        waits = [wait for writer in writers for wait in writer.waits if at - BEFORE <= wait[0] + wait[1] and wait[0] < until]
        self.wait = 1000 * max(wait[1] for wait in waits)


def start(cluster, options, rate):
    every = options.clients * options.pipeline / rate
    writers = [Writer(cluster.ports, place, every, options.pipeline) for place in range(options.clients)]
    for writer in writers:
        writer.start()
    return writers


def highest(cluster, options):
    """SETs a second if every writer sends as fast as it is answered."""
    writers = start(cluster, options, 1e9)
    time.sleep(1)
    before = sum(len(writer.waits) for writer in writers)
    time.sleep(4)
    after = sum(len(writer.waits) for writer in writers)
    hand_over.stop(writers)
    return (after - before) * options.pipeline / 4


def term(cluster):
    return max(int(connection.info()["raft_term"]) for connection in cluster.connections)


def kill_often(cluster, options):
    rate = options.rate or highest(cluster, options) / 2
    writers, kills = start(cluster, options, rate), []
    time.sleep(2)
    for number in range(options.kills):
        leader = cluster.wait_for_leader(options.level)
        at = time.monotonic()
        cluster.signal(leader, getattr(signal, "SIG" + options.signal))
        time.sleep(AFTER + 0.2)
        kills.append(Kill(at, leader, writers))
        if options.signal == "STOP":
            cluster.signal(leader, signal.SIGCONT)
        else:
            cluster.processes[leader].wait(10)
            cluster.start_again(leader)
        cluster.wait_for_leader(options.level)
        # Writers go back to where they were, so that all nodes are loaded alike.
        for writer in writers:
            writer.goes_home = writer.place != writer.home
        time.sleep(options.pause)
        print(f"{number + 1} of {options.kills}: first {min(kills[-1].first):.0f} ms, longest gap {kills[-1].gap:.0f} ms",
              file=sys.stderr)
    hand_over.stop(writers)
    print(f"{len(kills)} times SIG{options.signal} to the leader, {options.clients} writers of {options.level}, "
          f"{rate:,.0f} SETs a second")
    rows = [["ms", "median", "9 of 10", "most"]]
    for name, values in [
        ("first write at the first survivor", [min(kill.first) for kill in kills]),
        ("first write at the last survivor", [max(kill.first) for kill in kills]),
        ("longest gap of a survivor", [kill.gap for kill in kills]),
        ("longest wait of a writer", [kill.wait for kill in kills]),
    ]:
        figures = [statistics.median(values), hand_over.percentile(values, 0.9), max(values)]
        rows.append([name] + [f"{figure:.0f}" for figure in figures])
    hand_over.bench.print_table(rows)


def full_load(cluster, options):
    before, begun = term(cluster), time.monotonic()
    writers = start(cluster, options, 1e9)
    time.sleep(options.full)
    sets = sum(len(writer.waits) for writer in writers) * options.pipeline
    hand_over.stop(writers)
    seconds = time.monotonic() - begun
    print(f"full load for {seconds:.0f} s, {sets / seconds:,.0f} SETs a second: {term(cluster) - before} elections, "
          f"longest wait {1000 * max(wait[1] for writer in writers for wait in writer.waits):.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = f"{os.path.dirname(HERE)}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--signal", default="KILL", help="KILL, or STOP: nothing tells that the leader is gone but its silence")
    parser.add_argument("--full", type=float, default=0, help="seconds of full load after the kills")
    parser.add_argument("--pause", type=float, default=1, help="seconds between a new start and the next kill")
    parser.add_argument("--clients", type=int, default=24)
    parser.add_argument("--rate", type=int, default=0, help="SETs a second; 0: half of what these writers get at most")
    parser.add_argument("--pipeline", type=int, default=1, help="SETs that a writer sends at once")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    options = parser.parse_args()
    cluster = hand_over.Cluster(re.split(r"\s+", options.server), 3, options.level, options.directory)
    try:
        if options.kills:
            kill_often(cluster, options)
        if options.full:
            full_load(cluster, options)
    finally:
        cluster.end()


if __name__ == "__main__":
    main()
