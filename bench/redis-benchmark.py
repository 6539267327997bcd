#!/usr/bin/env python3
"""CPU microseconds per operation of Candor under redis-benchmark.

Starts clusters from a release binary on free ports and fresh directories, finds the leader by INFO,
runs redis-benchmark against it, and prints a table. CPU time is that of the servers alone, from
/proc/PID/stat, so the figures hold on a machine that the client shares; "others" says how many cores
were busy with anything else but servers and client, and a run with much of that means little.

    cargo build --release && bench/redis-benchmark.py
    bench/redis-benchmark.py --nodes 3 --level sequential --tests set --pipeline 16
    bench/redis-benchmark.py --redis --before "PROGRAM serve"   # beside Redis, and an earlier build
"""

import argparse
import csv
import io
import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Connection:
    """Just enough of the Redis protocol to ask one server for INFO."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.file = self.socket.makefile("rb")

    def info(self):
        self.socket.sendall(b"INFO\r\n")
        length = int(self.file.readline()[1:])
        lines = self.file.read(length + 2).decode().splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)


class Servers:
    """Processes, ended and their directories removed at the end."""

    def launch(self, command):
        """Starts the next one."""
        self.commands.append(command)
        self.processes.append(None)
        self.start(len(self.processes) - 1)

    def start(self, i):
        """Starts this one."""
        with open(self.log(i), "ab") as log:
            self.processes[i] = subprocess.Popen(self.commands[i], stdin=subprocess.PIPE, stdout=log, stderr=log)

    def start_again(self, i):
        self.start(i)
        self.connections[i] = self.connect(i)

    def cpu_seconds(self):
        """Of each server."""
        return [cpu_seconds(process.pid) for process in self.processes]

    def log(self, i):
        return os.path.join(self.directory, f"{i + 1}.log")

    def connect(self, i):
        deadline = time.monotonic() + 30
        while True:
            try:
                return Connection(self.ports[i])
            except OSError:
                if self.processes[i].poll() is not None or time.monotonic() > deadline:
                    with open(self.log(i)) as log:
                        sys.exit(f"node {i + 1} does not start:\n{log.read()}")
                time.sleep(0.05)

    def end(self):
        for process in self.processes:
            process.stdin.close()
            self.stop(process)
        for process in self.processes:
            process.wait(10)
        shutil.rmtree(self.directory)

    def stop(self, process):
        """Beside the end of its standard input."""


class Cluster(Servers):
    """Nodes of Candor."""

    def __init__(self, command, nodes, level, directory):
        ports = free_ports(2 * nodes)
        self.ports, peer_ports = ports[:nodes], ports[nodes:]
        peers = ",".join(f"{i + 1}=127.0.0.1:{port}" for i, port in enumerate(peer_ports))
        self.directory = tempfile.mkdtemp(prefix="candor-bench-", dir=directory)
        self.commands, self.processes = [], []
        for i, port in enumerate(self.ports):
            arguments = ["--id", str(i + 1), "--listen", f"127.0.0.1:{port}", "--level", level]
            arguments += ["--data-dir", os.path.join(self.directory, str(i + 1))]
            arguments += ["--peers", peers] if nodes > 1 else []
            self.launch(command + arguments + ["--exit-with-stdin"])
        self.connections = [self.connect(i) for i in range(nodes)]
        self.leader = self.wait_for_leader(level)

    def wait_for_leader(self, level):
        """The place of the leader, once all are ready. Merged keyspaces have none: the first."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            infos = [connection.info() for connection in self.connections]
            leaders = [i for i, info in enumerate(infos) if info["raft_role"] == "leader"]
            if all(info["ready"] == "1" for info in infos):
                if level == "eventual":
                    return 0
                if leaders:
                    return leaders[0]
            time.sleep(0.05)
        sys.exit("the cluster is not ready after 30 s")

    def syncs(self):
        return int(self.connections[self.leader].info()["log_syncs"])


class Redis(Servers):
    """Redis, and so many replicas."""

    def __init__(self, program, replicas, appendfsync, directory):
        self.ports = free_ports(1 + replicas)
        self.directory = tempfile.mkdtemp(prefix="redis-bench-", dir=directory)
        self.leader = 0
        self.commands, self.processes = [], []
        for i, port in enumerate(self.ports):
            home = os.path.join(self.directory, str(i + 1))
            os.mkdir(home)
            arguments = ["--port", str(port), "--dir", home, "--save", ""]
            arguments += ["--appendonly", "yes", "--appendfsync", appendfsync] if appendfsync else []
            arguments += ["--replicaof", f"127.0.0.1 {self.ports[0]}"] if i else []
            self.launch(program + arguments)
        self.connections = [self.connect(i) for i in range(1 + replicas)]
        for connection in self.connections[1:]:
            while connection.info()["master_link_status"] != "up":
                time.sleep(0.05)

    def syncs(self):
        return 0

    def stop(self, process):
        process.terminate()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def busy_seconds():
    """Of all cores, since the machine started."""
    with open("/proc/stat") as file:
        fields = [int(field) for field in file.readline().split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / TICKS


def child_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def measure(cluster, test, pipeline, options):
    """One run of redis-benchmark: a row of the table."""
    count = options.requests * (10 if pipeline > 1 and test != "set" else 4 if pipeline > 1 else 1)
    syncs, busy = cluster.syncs(), busy_seconds()
    run = benchmark(cluster, test, pipeline, options.clients, count)
    others = (busy_seconds() - busy - run["used_s"]) / run["seconds"]
    syncs = cluster.syncs() - syncs
    micros = run["micros"]
    leader = micros.pop(cluster.leader)
    return [
        test, str(pipeline), f"{run['rate']:,.0f}", run["p50_ms"], run["p99_ms"],
        " + ".join(f"{each:.2f}" for each in [leader] + micros), f"{leader + sum(micros):.2f}",
        f"{count / syncs:.1f}" if test == "set" and syncs else "", f"{max(others, 0):.2f}",
    ]


def load(port, words, pipeline, clients, count):
    """Has redis-benchmark ask this so many times, with random keys and values of 100 bytes: the rows that it prints."""
    command = ["redis-benchmark", "-p", str(port), "--csv", "-c", str(clients), "-P", str(pipeline)]
    command += ["-d", "100", "-r", "100000", "-n", str(count)] + words
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return list(csv.DictReader(io.StringIO(output)))


def benchmark(cluster, test, pipeline, clients, count):
    """Runs redis-benchmark: rate, latencies, and CPU microseconds per operation of each server."""
    before, children, start = cluster.cpu_seconds(), child_seconds(), time.monotonic()
    rows = load(cluster.ports[cluster.leader], ["-t", test], pipeline, clients, count)
    seconds = time.monotonic() - start
    used = [after - earlier for after, earlier in zip(cluster.cpu_seconds(), before)]
    row = [row for row in rows if "INLINE" not in row["test"]][0]
    tests = 2 if test == "ping" else 1  # redis-benchmark's ping is two tests
    return {
        "rate": float(row["rps"]), "p50_ms": row["p50_latency_ms"], "p99_ms": row["p99_latency_ms"],
        "micros": [1e6 * each / (count * tests) for each in used],
        "seconds": seconds, "used_s": sum(used) + child_seconds() - children,
    }


# What is set beside Redis: test, pipeline, clients, operations.
SET, SET_16 = ("set", 1, 64, 100_000), ("set", 16, 64, 600_000)
GET, GET_16 = ("get", 1, 64, 200_000), ("get", 16, 64, 2_000_000)
ALONE = ("set", 1, 1, 2_000)
FILL = ("set", 16, 64, 400_000)


def contenders(options):
    """What is set side by side: name, how it is started, what it is asked."""
    three, one = "3 nodes, durable", "1 node, sequential"
    versions = [("candor", options.server)] + ([("before", options.before)] if options.before else [])
    directory, program = options.directory, re.split(r"\s+", options.redis_server)
    for version, command in versions:
        command = re.split(r"\s+", command)
        yield f"{version}: {three}", lambda command=command: Cluster(
            command, 3, "linearizable", directory), [SET, SET_16, ALONE, GET, GET_16]
        yield f"{version}: {one}", lambda command=command: Cluster(
            command, 1, "sequential", directory), [SET, SET_16, ALONE, GET, GET_16]
    yield "redis: 2 replicas, no fsync", lambda: Redis(program, 2, None, directory), [SET, SET_16, GET, GET_16]
    yield "redis: alone, no fsync", lambda: Redis(program, 0, None, directory), [SET, SET_16, GET, GET_16]
    yield "redis: alone, fsync always", lambda: Redis(program, 0, "always", directory), [SET, SET_16, ALONE]


def beside_redis(options):
    """Runs all in turns, and prints medians: CPU microseconds per operation of all servers together,
    and milliseconds of one client alone."""
    figures = {}
    for run in range(options.runs):
        for name, start, tests in contenders(options):
            servers = start()
            try:
                benchmark(servers, *FILL)
                for test in tests:
                    done = benchmark(servers, *test)
                    figures.setdefault((name, test), []).append((sum(done["micros"]), float(done["p50_ms"])))
            finally:
                servers.end()
            print(f"run {run + 1} of {options.runs}: {name}", file=sys.stderr)
    rows = [["", "SET P=1", "SET P=16", "GET P=1", "GET P=16", "one client, SET", "p50 ms"]]
    for name, _, _ in contenders(options):
        cells = [figures.get((name, test)) for test in (SET, SET_16, GET, GET_16, ALONE)]
        row = [f"{median(cell, 0):.2f}" if cell else "" for cell in cells]
        rows.append([name] + row + [f"{median(cells[-1], 1):.3f}" if cells[-1] else ""])
    print_table(rows)


def median(cell, place):
    return statistics.median(figure[place] for figure in cell)


def print_table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for place, row in enumerate(rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
        if place == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    default = f"{root}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--nodes", type=int, nargs="+", default=[1, 3])
    parser.add_argument("--level", nargs="+", default=["sequential", "linearizable"])
    parser.add_argument("--tests", nargs="+", default=["ping", "set", "get"])
    parser.add_argument("--pipeline", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=200_000, help="at pipeline 1; more at others")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    parser.add_argument("--redis", action="store_true", help="set it beside Redis, in turns")
    parser.add_argument("--redis-server", default="redis-server", help="the program of Redis")
    parser.add_argument("--before", help="with --redis: the command of an earlier build, in turns as well")
    parser.add_argument("--runs", type=int, default=5, help="with --redis: the median of so many")
    options = parser.parse_args()
    if not shutil.which("redis-benchmark"):
        sys.exit("redis-benchmark is not installed (Debian: redis-tools)")
    if options.redis:
        return beside_redis(options)
    rows = [["nodes", "level", "test", "P", "op/s", "p50 ms", "p99 ms", "CPU us/op, leader first",
             "total", "op/sync", "others"]]
    for nodes in options.nodes:
        for level in options.level:
            cluster = Cluster(re.split(r"\s+", options.server), nodes, level, options.directory)
            try:
                for pipeline in options.pipeline:
                    for test in options.tests:
                        rows.append([str(nodes), level] + measure(cluster, test, pipeline, options))
                        print(" ".join(rows[-1]), file=sys.stderr)
            finally:
                cluster.end()
    print_table(rows)


if __name__ == "__main__":
    main()
