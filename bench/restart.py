#!/usr/bin/env python3
"""How much memory keys take, how long a start takes, and what stays on disk, whatever was written before.

Starts one node from a release binary on a directory of its own, fills it with keys of 16 bytes and values of 100, has it
take a snapshot, kills it, starts it again, and so on for each round. Of each round a row is told:

- resident memory less that of the empty node, a key: once the keys are written and a snapshot is in place, and after the start;
- how long the snapshot took, and how large it is;
- from the start of the process to the first answer to a GET of a key that was written last, in seconds;
- what the data directory takes on disk.

    cargo build --release && bench/restart.py
    bench/restart.py --keys 10000000 --rounds 2
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import modules

long_commands = modules.load("long-commands.py")
BATCH = 1000


def ask(port, *words):
    """The answer to a command: a line, or the bytes behind it."""
    words = [word if isinstance(word, bytes) else word.encode() for word in words]
    connection, file = long_commands.connect(port)
    with connection, file:
        connection.sendall(long_commands.command(*words))
        line = file.readline()
        if not line:
            raise OSError("the server closed the connection")
        is_long = line.startswith(b"$") and line != b"$-1\r\n"
        return (file.read(int(line[1:])) if is_long else line).decode()


def ask_until_answered(port, *words):
    """The same, as soon as the server takes connections."""
    end = time.monotonic() + 600
    while True:
        try:
            return ask(port, *words)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.005)


def figure(port, name):
    for line in ask(port, "INFO", "everything").split("\r\n"):
        if line.startswith(name + ":"):
            return int(line.split(":")[1])
    raise SystemExit(f"INFO has no {name}")


def fill(port, keys, round_):
    value = (b"%d-" % round_).ljust(100, b"x")
    connection, file = long_commands.connect(port)
    with connection, file:
        for first in range(0, keys, BATCH):
            part = range(first, min(first + BATCH, keys))
            connection.sendall(b"".join(long_commands.command(b"SET", b"key:%012d" % n, value) for n in part))
            for _ in part:
                line = file.readline()
                assert line == b"+OK\r\n", line


def resident(process):
    with open(f"/proc/{process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def on_disk(directory):
    sizes = (os.stat(os.path.join(folder, name)).st_blocks * 512
             for folder, _, names in os.walk(directory) for name in names)
    return sum(sizes)


def start(options, directory, port):
    arguments = options.server.split() + ["--listen", f"127.0.0.1:{port}", "--data-dir", directory, "--level", options.level]
    return subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(port, key, value):
    while value not in ask_until_answered(port, "GET", key):
        time.sleep(0.005)


def take_snapshot(port):
    before, begun = figure(port, "snapshot_number"), time.monotonic()
    ask(port, "BGSAVE")
    while figure(port, "snapshot_number") == before:
        time.sleep(0.02)
    return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default="target/release/candor serve", help="how a server is started")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="how often all keys are written")
    parser.add_argument("--level", default="linearizable")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="candor-bench-")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(options, directory, port)
    try:
        ask_until_answered(port, "PING")
        empty = resident(process)
        print(f"{options.keys} keys of 16 bytes, values of 100, {options.level}; the empty node takes {empty >> 20} MiB")
        print("round | a key, in bytes | snapshot, s | MiB | start, s | a key after it | on disk, MiB")
        for round_ in range(1, options.rounds + 1):
            fill(port, options.keys, round_)
            took = take_snapshot(port)
            time.sleep(1)
            loaded = (resident(process) - empty) / options.keys
            size = figure(port, "snapshot_bytes") >> 20
            process.send_signal(signal.SIGKILL)
            process.wait()
            begun = time.monotonic()
            process = start(options, directory, port)
            wait_for(port, b"key:%012d" % (options.keys - 1), f"{round_}-x")
            restarted = time.monotonic() - begun
            again = (resident(process) - empty) / options.keys
            row = [f"{round_:5}", f"{loaded:15.1f}", f"{took:11.2f}", f"{size:3}", f"{restarted:8.2f}", f"{again:14.1f}",
                   f"{on_disk(directory) >> 20:12}"]
            print(" | ".join(row), flush=True)
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
