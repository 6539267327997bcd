#!/usr/bin/env python3
"""What Candor's judge and its peers cost on the same histories, in one sitting.

Makes the loads of crates/history/examples/loads/list.rs, has each judged by the levels named there, and
prints a table: the verdict, CPU seconds and peak resident memory of the whole process, from file to
verdict, as medians of several runs in turns (under some 15 MB, memory is this script's). Peers are fetched and built by whoever runs this:

    cargo build --release && bench/judge.py
    bench/judge.py --awdit PROGRAM --porcupine PROGRAM [--runs 5] [LOAD...]

AWDIT's command judges `causal`: its causal consistency, over transactions of one operation each, asks for
what level `causal` asks. Only histories with unique values are given to it. Porcupine is a library; the
program takes a file of JSON Lines and a limit in seconds, and prints a line that begins with holds,
violated or undecided, then words and numbers in turn, of which `cpu N` is what checking alone took.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS = ("holds", "violated", "undecided")


def main():
    options = arguments()
    if options.plume:
        return write_plume(*options.plume)
    with tempfile.TemporaryDirectory() as directory:
        print(f"{'load':<24} {'level':<13} {'judge':<10} {'verdict':<10} {'CPU s':>8} {'MB':>7} {'bytes/op':>9}")
        for name, operations, levels in make_loads(directory):
            path = os.path.join(directory, f"{name}.jsonl")
            if options.loads and name not in options.loads:
                continue
            for level in levels:
                report(name, level, int(operations), dict(commands(options, path, level)), options)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("loads", nargs="*", metavar="LOAD", help="only these loads")
    parser.add_argument("--candor", default=os.path.join(ROOT, "target/release/candor"), metavar="PROGRAM")
    parser.add_argument("--awdit", default=os.environ.get("AWDIT"), metavar="PROGRAM")
    parser.add_argument("--porcupine", default=os.environ.get("PORCUPINE"), metavar="PROGRAM")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=60, help="seconds that one judgement may take")
    parser.add_argument("--plume", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def make_loads(directory):
    """The name, the number of operations and the levels of each load; files stand in the directory."""
    cargo = ["cargo", "run", "--quiet", "--release", "-p", "history", "--example", "loads", "--", directory]
    made = subprocess.run(cargo, cwd=ROOT, check=True, capture_output=True, text=True)
    for line in made.stdout.splitlines():
        name, operations, levels = line.split()
        yield name, operations, levels.split(",")


def commands(options, path, level):
    """Who judges this, and how it is asked."""
    yield "candor", [options.candor, "check", "--level", level, "--budget", f"{options.limit}s", path]
    if level == "causal" and options.awdit:
        # By a process of its own: what this one takes would count for those that it starts.
        plume = f"{path}.plume"
        subprocess.run([sys.executable, __file__, "--plume", path, plume], check=True)
        if os.path.exists(plume):
            yield "AWDIT", [options.awdit, "check", "--isolation", "causal", plume]
    if level == "linearizable" and options.porcupine:
        yield "Porcupine", [options.porcupine, path, str(options.limit)]


def write_plume(path, plume):
    """Writes the history as AWDIT reads it, unless it is beyond that: each operation a transaction, values
    as numbers, the initial value 0. Writes of unknown outcome took place if somebody saw them."""
    with open(path) as file:
        operations = [line for line in map(json.loads, file) if "kind" in line]
    operations.sort(key=lambda operation: operation["start"])
    written = [operation["value"] for operation in operations if operation["kind"] == "write"]
    if len(set(written)) < len(written) or any(o["kind"] not in ("read", "write") for o in operations):
        return
    numbers = {None: 0, **{value: number + 1 for number, value in enumerate(written)}}
    seen = {operation["value"] for operation in operations if operation["kind"] == "read"}
    keys, lines = {}, []
    for number, operation in enumerate(operations):
        if operation["end"] is None and operation["value"] not in seen:
            continue
        key = keys.setdefault(operation["key"], len(keys))
        kind = operation["kind"][0]
        lines.append(f"{kind}({key},{numbers[operation['value']]},{operation['client']},{number})\n")
    with open(plume, "w") as file:
        file.writelines(lines)


def report(name, level, operations, judges, options):
    """Runs all judges several times, in turns, and prints a line of the table for each."""
    turns = [{judge: run(command, options.limit) for judge, command in judges.items()} for _ in range(options.runs)]
    for judge in judges:
        runs = [turn[judge] for turn in turns]
        cpu = statistics.median(run[1] for run in runs)
        peak = statistics.median(run[2] for run in runs)
        alone = [run[3] for run in runs if run[3] is not None]
        note = f"  checking alone {statistics.median(alone):.4f}" if alone else ""
        print(
            f"{name:<24} {level:<13} {judge:<10} {runs[0][0]:<10} {cpu:>8.3f} {peak / 1e6:>7.0f}"
            f" {peak / operations:>9.0f}{note}",
            flush=True,
        )


def run(command, limit):
    """The verdict, CPU seconds, peak bytes, and the CPU seconds of checking alone if they are told."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        usage = wait(process, time.monotonic() + 2 * limit)
        output.seek(0)
        text = output.read()
    return verdict(text), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, alone(text)


def wait(process, deadline):
    """What a process has used, once it ended or, at the deadline, was ended."""
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.002)


def verdict(text):
    if "Inconsistent." in text:
        return "violated"
    if "Consistent." in text:
        return "holds"
    words = (word.rstrip(":") for word in text.split())
    return next((word for word in words if word in WORDS), "failed")


def alone(text):
    words = text.split()
    if words and words[0] in WORDS and "cpu" in words:
        return float(words[words.index("cpu") + 1])
    for line in text.splitlines():
        if line.startswith("Done checking: "):
            return float(line.removeprefix("Done checking: ").removesuffix("ms")) / 1000
    return None


if __name__ == "__main__":
    sys.exit(main())
