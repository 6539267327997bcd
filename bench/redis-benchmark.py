#!/usr/bin/env python3
"""CPU microseconds per operation of Candor under redis-benchmark.

Starts clusters from a release binary on free ports and fresh directories, finds the leader by INFO,
runs redis-benchmark against it, and prints a table. CPU time is that of the servers alone, from
/proc/PID/stat, so the figures hold on a machine that the client shares; "others" says how many cores
were busy with anything else but servers and client, and a run with much of that means little.

    cargo build --release && bench/redis-benchmark.py
    bench/redis-benchmark.py --nodes 3 --level sequential --tests set --pipeline 16
"""

import argparse
import csv
import io
import os
import re
import resource
import shutil
import socket
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


class Cluster:
    """Servers as processes, ended and their directories removed at the end."""

    def __init__(self, command, nodes, level, directory):
        ports = free_ports(2 * nodes)
        self.ports, peer_ports = ports[:nodes], ports[nodes:]
        peers = ",".join(f"{i + 1}=127.0.0.1:{port}" for i, port in enumerate(peer_ports))
        self.directory = tempfile.mkdtemp(prefix="candor-bench-", dir=directory)
        self.processes = []
        for i, port in enumerate(self.ports):
            arguments = ["--id", str(i + 1), "--listen", f"127.0.0.1:{port}", "--level", level]
            arguments += ["--data-dir", os.path.join(self.directory, str(i + 1))]
            arguments += ["--peers", peers] if nodes > 1 else []
            with open(os.path.join(self.directory, f"{i + 1}.log"), "wb") as log:
                self.processes.append(subprocess.Popen(
                    command + arguments + ["--exit-with-stdin"],
                    stdin=subprocess.PIPE, stdout=log, stderr=log))
        self.connections = [self.connect(i) for i in range(nodes)]
        self.leader = self.wait_for_leader(level)

    def connect(self, i):
        deadline = time.monotonic() + 30
        while True:
            try:
                return Connection(self.ports[i])
            except OSError:
                if self.processes[i].poll() is not None or time.monotonic() > deadline:
                    with open(os.path.join(self.directory, f"{i + 1}.log")) as log:
                        sys.exit(f"node {i + 1} does not start:\n{log.read()}")
                time.sleep(0.05)

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

    def cpu_seconds(self):
        """Of each server."""
        return [cpu_seconds(process.pid) for process in self.processes]

    def syncs(self):
        return int(self.connections[self.leader].info()["log_syncs"])

    def end(self):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait(10)
        shutil.rmtree(self.directory)


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
    command = ["redis-benchmark", "-p", str(cluster.ports[cluster.leader]), "-t", test, "--csv"]
    command += ["-c", str(options.clients), "-P", str(pipeline), "-d", "100", "-r", "100000"]
    command += ["-n", str(count)]
    syncs = cluster.syncs()
    before, busy, children, start = cluster.cpu_seconds(), busy_seconds(), child_seconds(), time.monotonic()
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds = time.monotonic() - start
    client = child_seconds() - children
    used = [after - earlier for after, earlier in zip(cluster.cpu_seconds(), before)]
    others = (busy_seconds() - busy - sum(used) - client) / seconds
    syncs = cluster.syncs() - syncs
    rows = [row for row in csv.DictReader(io.StringIO(output)) if "INLINE" not in row["test"]]
    tests = 2 if test == "ping" else 1  # redis-benchmark's ping is two tests
    micros = [1e6 * each / (count * tests) for each in used]
    leader = micros.pop(cluster.leader)
    return [
        test, str(pipeline),
        f"{float(rows[0]['rps']):,.0f}", rows[0]["p50_latency_ms"], rows[0]["p99_latency_ms"],
        " + ".join(f"{each:.2f}" for each in [leader] + micros), f"{leader + sum(micros):.2f}",
        f"{count / syncs:.1f}" if test == "set" and syncs else "", f"{max(others, 0):.2f}",
    ]


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
    options = parser.parse_args()
    if not shutil.which("redis-benchmark"):
        sys.exit("redis-benchmark is not installed (Debian: redis-tools)")
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
