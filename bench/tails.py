#!/usr/bin/env python3
"""How long the slowest SETs take while snapshots are written, and while a follower fetches the whole state.

Starts three nodes from a release binary, fills them, and finds the highest rate of the leader. Then operations are sent to the leader on
schedule, at a part of that rate, as bench/open-loop.py does:

- snapshots: without one and with one, in turns. All nodes write snapshots at the same time, one after the other, as long as it lasts;
- fetch: with two nodes, while the third is away and all keys are written anew; then while it comes back and fetches the state.

Medians of all runs are told, each on a fresh cluster, and what the others' 99th percentile grew by; of the fetch also how long it
took, from the start of the process to the last key that was written while it was away.

    cargo build --release && bench/tails.py
    bench/tails.py --what fetch --runs 1 --fetch-mib 100
"""

import argparse
import os
import re
import signal
import statistics
import sys
import threading
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))

open_loop = modules.load("open-loop.py")
restart = modules.load("restart.py")
bench = open_loop.bench
SHARES = (0.5, 0.99, 0.999)


class Beside(threading.Thread):
    """Does something beside the load, until it is done or told to end."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.ends, self.is_over, self.result = work, threading.Event(), False, None

    def run(self):
        self.result = self.work(self.ends)
        self.is_over = True


def load_leader(cluster, options, rate, seconds, goes_on=lambda: False):
    """The times of SETs at this rate, in seconds, for so long and as long as this says; and how late the sender was."""
    load = open_loop.Load(cluster.ports[cluster.leader], options.clients)
    sets, late, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end or goes_on():
        (_, of_sets), at_worst = load.on_schedule(rate, 1)
        sets, late = sets + of_sets, max(late, at_worst)
    load.end()
    return sets, late


def highest_rate(cluster, options):
    load = open_loop.Load(cluster.ports[cluster.leader], options.clients)
    rate = load.closed(options.seconds)
    load.end()
    return rate


def take_snapshots(cluster):
    """Work for [`Beside`]: all nodes write one snapshot after the other."""
    def work(ends):
        count = 0
        while not ends.is_set():
            before = [restart.figure(port, "snapshot_number") for port in cluster.ports]
            for port in cluster.ports:
                restart.ask(port, "BGSAVE")
            while any(restart.figure(port, "snapshot_number") == old for port, old in zip(cluster.ports, before)):
                time.sleep(0.1)
            count += 1
        return count
    return work


def snapshots(cluster, options, share):
    """Times without and with a snapshot, and how many snapshots each node wrote."""
    restart.fill(cluster.ports[cluster.leader], options.keys, 1)
    rate = share * highest_rate(cluster, options)
    without, late_without = load_leader(cluster, options, rate, options.seconds)
    beside = Beside(take_snapshots(cluster))
    beside.start()
    during, late = load_leader(cluster, options, rate, options.seconds)
    beside.ends.set()
    beside.join()
    return rate, without, during, max(late, late_without), f"{beside.result} snapshots each"


def fetch(cluster, options, share):
    """Times while one node is away and while it fetches the state, and how long that took."""
    leader, away = cluster.leader, (cluster.leader + 1) % 3
    keys = (options.fetch_mib << 20) // (16 + 100)
    restart.fill(cluster.ports[leader], keys, 1)
    cluster.processes[away].send_signal(signal.SIGKILL)
    cluster.processes[away].wait()
    restart.fill(cluster.ports[leader], keys, 2)
    restart.take_snapshot(cluster.ports[leader])
    cluster.leader = leader = cluster_leader(cluster, away)
    rate = share * highest_rate(cluster, options)
    without, late_without = load_leader(cluster, options, rate, options.seconds)
    begun = time.monotonic()
    cluster.start_again(away)

    def wait_for_last(ends):
        last = "key:%012d" % (keys - 1)
        while not ends.is_set() and "2-x" not in restart.ask(cluster.ports[away], "GET@EVENTUAL", last):
            time.sleep(0.1)
        return time.monotonic() - begun

    beside = Beside(wait_for_last)
    beside.start()
    during, late = load_leader(cluster, options, rate, 1, lambda: not beside.is_over)
    beside.join()
    return rate, without, during, max(late, late_without), f"{options.fetch_mib} MiB in {beside.result:.1f} s"


def cluster_leader(cluster, away):
    """The place of the leader among those that are there."""
    while True:
        for i, connection in enumerate(cluster.connections):
            if i != away and connection.info()["raft_role"] == "leader":
                return i
        time.sleep(0.05)


def measure(what, options):
    """Of each run a row of figures: rate, percentiles without and during, how late; and what else was seen."""
    rows, seen = [], []
    for number in range(options.runs):
        cluster = bench.Cluster(re.split(r"\s+", options.server), 3, options.level, options.directory)
        try:
            open_loop.fill(cluster.ports[cluster.leader])
            rate, without, during, late, told = what(cluster, options, options.share)
        finally:
            cluster.end()
        percentiles = [open_loop.percentile(waits, share) for waits in (without, during) for share in SHARES]
        rows.append([rate] + percentiles + [percentiles[4] / percentiles[1], 1000 * late])
        seen.append(told)
        print(f"{what.__name__}, run {number + 1} of {options.runs}: {told}; p99 {percentiles[1]:.2f} ms without, "
              f"{percentiles[4]:.2f} ms during", file=sys.stderr)
    return [statistics.median(column) for column in zip(*rows)], seen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = f"{os.path.dirname(HERE)}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--what", nargs="+", choices=["snapshots", "fetch"], default=["snapshots", "fetch"])
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--share", type=float, default=0.6, help="of the highest rate")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--runs", type=int, default=5, help="the median of so many")
    parser.add_argument("--keys", type=int, default=1_000_000, help="in a snapshot")
    parser.add_argument("--fetch-mib", type=int, default=1024, help="keys and values that are fetched")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    options = parser.parse_args()
    rows = [["SETs", "rate", "p50 ms", "p99 ms", "p99.9 ms", "p99, times", "late, most ms"]]
    for name in options.what:
        figures, seen = measure({"snapshots": snapshots, "fetch": fetch}[name], options)
        rate, times, late = figures[0], figures[7], figures[8]
        for label, values in (("without", figures[1:4]), ("during", figures[4:7])):
            cells = [f"{value:.2f}" for value in values]
            of_both = [f"{times:.2f}", f"{late:.1f}"] if label == "during" else ["", ""]
            rows.append([f"{name}, {label}", f"{rate:,.0f}"] + cells + of_both)
        print(f"{name}: {'; '.join(seen)}")
    bench.print_table(rows)


if __name__ == "__main__":
    main()
