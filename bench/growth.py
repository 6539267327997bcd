#!/usr/bin/env python3
"""Whether memory, disk and the time of a start level off, however much is written: a table, and a picture of it.

Starts three nodes from a release binary and writes the same keys over and over, in pipelines, from several clients to the
leader. Now and then it notes what each node holds in memory and on disk. At some points it stops writing, kills one
follower, starts it again, and notes how long that takes until it answers a GET (the median of three). The same is done to
Redis, if it is installed: one server, with an append-only file that is synced every second and written anew by itself.

    cargo build --release && bench/growth.py --picture docs/images/growth.svg     # a quarter of an hour, 3 GB
    bench/growth.py --sets 2000000 --picture growth.svg
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import sys
import threading
import time

import modules

HERE = os.path.dirname(os.path.abspath(__file__))

restart = modules.load("restart.py")
bench = modules.load("redis-benchmark.py")
BATCH = 1000
OK = b"+OK\r\n"
MIB = 1 << 20


class Writer(threading.Thread):
    """Writes batch after batch over one connection, each once the one before it is answered."""

    def __init__(self, port, batches, load):
        super().__init__(daemon=True)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.batches, self.load = batches, load

    def run(self):
        while batch := self.load.take():
            self.socket.sendall(self.batches[batch % len(self.batches)])
            left = BATCH * len(OK)
            while left:
                replies = self.socket.recv(65536)
                if not replies or b"-" in replies:
                    self.load.trouble = replies[:200].decode() or "the connection was closed"
                    return
                left -= len(replies)
            self.load.done()


class Load:
    """So many batches, done by several writers."""

    def __init__(self, first, batches):
        self.lock = threading.Lock()
        self.next, self.end = first + 1, first + 1 + batches
        self.finished, self.trouble = first, None

    def take(self):
        """The number of the next batch; 0: there is none."""
        with self.lock:
            number = self.next
            self.next += number < self.end
            return number if number < self.end else 0

    def done(self):
        with self.lock:
            self.finished += 1


def make_batches(keys):
    """As many SETs as there are keys, twice, in no order."""
    chance = random.Random(12)
    value = b"x" * 100
    key = lambda: b"key:%012d" % chance.randrange(keys)
    count = max(1, 2 * keys // BATCH)
    return [b"".join(restart.long_commands.command(b"SET", key(), value) for _ in range(BATCH)) for _ in range(count)]


def on_disk(directory):
    """Bytes of all files; one may vanish while they are looked at."""
    while True:
        try:
            return restart.on_disk(directory)
        except FileNotFoundError:
            pass


def sample(servers, sets, seconds):
    memory = [restart.resident(process) for process in servers.processes]
    disk = [on_disk(os.path.join(servers.directory, str(i + 1))) for i in range(len(servers.processes))]
    return {"sets": sets, "seconds": seconds, "memory": memory, "disk": disk}


def time_restart(servers, i):
    """Seconds from the start of the process to its answer to a GET; the median of three."""
    return statistics.median(restart_once(servers, i) for _ in range(3))


def restart_once(servers, i):
    servers.processes[i].send_signal(signal.SIGKILL)
    servers.processes[i].wait()
    begun = time.monotonic()
    servers.start(i)
    while restart.ask_until_answered(servers.ports[i], "GET", "key:000000000001").startswith("-"):
        time.sleep(0.005)
    took = time.monotonic() - begun
    servers.connections[i] = servers.connect(i)
    return took


def write_to(servers, load, batches, options, note):
    """Writes all of a load, with a look at memory and disk now and then."""
    writers = [Writer(servers.ports[servers.leader], batches, load) for _ in range(options.clients)]
    for writer in writers:
        writer.start()
    seen = load.finished
    while any(writer.is_alive() for writer in writers):
        time.sleep(0.05)
        if (load.finished - seen) * BATCH >= options.every:
            seen = load.finished
            note(seen * BATCH)
    if load.trouble:
        raise SystemExit(f"a SET was not answered by OK: {load.trouble}")


def grow(servers, batches, options, name):
    """Samples, and how long starts took."""
    samples, starts, begun = [sample(servers, 0, 0)], [], time.monotonic()
    # The last of the followers, or the one server there is.
    victim = (servers.leader + len(servers.ports) - 1) % len(servers.ports)
    step = options.sets // options.starts // BATCH
    note = lambda sets: samples.append(sample(servers, sets, time.monotonic() - begun))
    for part in range(options.starts):
        write_to(servers, Load(part * step, step), batches, options, note)
        sets = (part + 1) * step * BATCH
        note(sets)
        starts.append({"sets": sets, "seconds": time_restart(servers, victim)})
        print(f"{name}: {sets:,} SETs after {time.monotonic() - begun:.0f} s, a start in {starts[-1]['seconds']:.2f} s",
              file=sys.stderr, flush=True)
    return {"name": name, "leader": servers.leader, "victim": victim, "samples": samples, "starts": starts}


def run(options):
    batches = make_batches(options.keys)
    contenders = [("Candor", lambda: bench.Cluster(re.split(r"\s+", options.server), 3, options.level, options.directory))]
    if shutil.which("redis-server") and not options.no_redis:
        contenders.append(("Redis", lambda: bench.Redis(["redis-server"], 0, "everysec", options.directory)))
    runs = []
    for name, start in contenders:
        servers = start()
        try:
            runs.append(grow(servers, batches, options, name))
        finally:
            servers.end()
    return runs


def last_before(run, sets):
    return [each for each in run["samples"] if each["sets"] <= sets][-1]


def nodes(run):
    """What each node of a run is called: first the leader, last the one that is killed."""
    count = len(run["samples"][0]["memory"])
    if count == 1:
        return {0: run["name"]}
    others = [i for i in range(count) if i not in (run["leader"], run["victim"])]
    names = {run["leader"]: "leader"} | {i: "follower" for i in others} | {run["victim"]: "follower, killed"}
    return {i: f"{run['name']}, {name}" for i, name in names.items()}


def table(runs):
    """A row for each time that starts are timed: what each node holds just before, leader first, and how long a start takes."""
    head = [f"{run['name']}: {what}" for run in runs for what in ("memory, MiB", "on disk, MiB", "start, s")]
    rows = [["SETs"] + head]
    for place, at in enumerate(runs[0]["starts"]):
        row = [f"{at['sets']:,}"]
        for run in runs:
            held = last_before(run, at["sets"])
            row += [", ".join(f"{held[what][i] / MIB:.0f}" for i in nodes(run)) for what in ("memory", "disk")]
            row.append(f"{run['starts'][place]['seconds']:.2f}")
        rows.append(row)
    return rows


COLOURS = {"leader": "#b3261e", "follower": "#1f5fa8", "follower, killed": "#2e7d32", "Redis": "#8a6d00"}
LEFT, WIDTH, HEIGHT, GAP, TOP = 70, 620, 150, 66, 64


def series(runs, what):
    """The lines of one panel: a name, a colour, and points."""
    lines = []
    for run in runs:
        for i, name in nodes(run).items():
            colour = COLOURS[name.split(", ", 1)[-1]]
            if what != "start":
                lines.append((name, colour, [(each["sets"], each[what][i] / MIB) for each in run["samples"]]))
            elif i == run["victim"]:
                lines.append((name, colour, [(each["sets"], each["seconds"]) for each in run["starts"]]))
    return lines


def round_up(value):
    """The next number whose quarters are short."""
    power = 1e-6
    while True:
        for factor in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8):
            if value <= factor * power:
                return factor * power
        power *= 10


def panel(title, lines, top, sets_max, has_dots):
    """One panel: a frame, lines of a scale, and a line or dots for each node."""
    highest = round_up(1.05 * max(value for _, _, points in lines for _, value in points))
    x = lambda sets: LEFT + WIDTH * sets / sets_max
    y = lambda value: top + HEIGHT * (1 - value / highest)
    parts = [f'<text x="{LEFT}" y="{top - 10}" class="title">{title}</text>']
    for step in range(5):
        value = highest * step / 4
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{LEFT + WIDTH}" class="scale"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" class="number">{value:g}</text>')
    for step in range(6):
        sets = sets_max * step / 5
        parts.append(f'<text x="{x(sets):.1f}" y="{top + HEIGHT + 18}" class="below">{sets / 1e6:g}</text>')
    parts.append(f'<text x="{LEFT + WIDTH}" y="{top + HEIGHT + 34}" class="number">million SETs</text>')
    for _, colour, points in lines:
        path = "L".join(f"{x(sets):.1f} {y(value):.1f}" for sets, value in points)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if has_dots:
            parts += [f'<circle cx="{x(sets):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>' for sets, value in points]
    return parts


def legend(lines):
    parts, left = [], LEFT
    for name, colour, _ in lines:
        parts.append(f'<path d="M{left} 20h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{left + 24}" y="24">{name}</text>')
        left += 46 + 7 * len(name)
    return parts


def draw(runs):
    """The picture, as SVG."""
    sets_max = runs[0]["starts"][-1]["sets"]
    panels = [("memory", "resident memory, MiB"), ("disk", "on disk, MiB"), ("start", "a start after kill -9, seconds")]
    parts = legend(series(runs, "memory"))
    for place, (what, title) in enumerate(panels):
        parts += panel(title, series(runs, what), TOP + place * (HEIGHT + GAP), sets_max, what == "start")
    width, height = LEFT + WIDTH + 30, TOP + 3 * (HEIGHT + GAP) - 14
    style = ("text{font:13px sans-serif;fill:#222}.title{font-weight:bold}.number{text-anchor:end}"
             ".below{text-anchor:middle}.scale{stroke:#ddd}")
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    body = "\n".join(parts)
    return f'{head}\n<style>{style}</style>\n<rect width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = f"{os.path.dirname(HERE)}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--level", default="linearizable")
    parser.add_argument("--sets", type=int, default=50_000_000)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=8, help="each sends a thousand SETs at once")
    parser.add_argument("--every", type=int, default=250_000, help="SETs between two looks")
    parser.add_argument("--starts", type=int, default=5, help="how often a start is timed")
    parser.add_argument("--no-redis", action="store_true")
    parser.add_argument("--directory", help="where the data lies (the system's temporary directory)")
    parser.add_argument("--picture", help="where the picture goes, an SVG")
    parser.add_argument("--figures", help="where all that was seen goes, as JSON; read from there, if it is there")
    options = parser.parse_args()
    if options.figures and os.path.exists(options.figures):
        with open(options.figures) as file:
            runs = json.load(file)
    else:
        runs = run(options)
    if options.figures:
        with open(options.figures, "w") as file:
            json.dump(runs, file)
    if options.picture:
        with open(options.picture, "w") as file:
            file.write(draw(runs))
    bench.print_table(table(runs))


if __name__ == "__main__":
    main()
