#!/usr/bin/env python3
"""Members that come and go under load, and whether every promise was kept.

Starts three nodes from a release binary. Clients write and read unique values in a linearizable, a sequential and a
merged causal keyspace, go from node to node with their tokens, and record what they hear. Meanwhile members are added,
removed, replaced, moved, made to lead, paused, ended, and killed with SIGKILL, at random, often in the middle of a
change; the logs are cut often, so that who comes or was away is fed from snapshots, too. In the end all nodes must have the
same members and the same values, every acknowledged value of a key that was written once must be there (but for merged
writes of a member that was given up as lost), and `candor check` judges the history at each promised level.

Exit codes: 0 all held; 1 the store did not do what it should; 3 the history is violated; 4 it is undecided.

    cargo build --release && bench/members.py                # ten minutes
    bench/members.py --minutes 1 --seed 7 --keep kept        # what happens in which order comes from the seed
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

# What each client asks for: how its keys begin. The first is the keyspace `default`.
PREFIXES = ("l:", "s:", "m:")
HEADER = {
    "candor_history": 1, "unit": "us", "level": "linearizable",
    "keyspaces": [{"prefix": "s:", "order": "agreed", "level": "sequential"},
                  {"prefix": "m:", "order": "merged", "level": "causal"}],
}
KEYSPACES = ("KEYSPACE CREATE seq PREFIX s: ORDER agreed LEVEL sequential",
             "KEYSPACE CREATE carts PREFIX m: ORDER merged LEVEL causal")
# Keys that are written over and over, in each keyspace; every so many writes go to a key of their own.
KEYS, OWN_KEY_EVERY = 12, 8
# Values have so many bytes beside their number at most.
PADDING = 3000
# Members at least and at most.
FEWEST, MOST = 3, 5
# How long a change, a start or an end may take, in seconds.
PATIENCE = 90


class Broken(Exception):
    """The store did not do what it should."""


class Refused(Exception):
    """An error of the store. Any but -INDETERMINATE says that nothing ran."""


class Connection:
    """RESP3 with its attributes, over one connection."""

    def __init__(self, port, timeout=8):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self.attributes = {}
        self.ask("HELLO", "3")

    def ask(self, *words):
        words = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        self.attributes = {}
        return self.read()

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("the connection is closed")
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"|":
            self.attributes = {self.read(): self.read() for _ in range(int(rest))}
            return self.read()
        if kind == b"-":
            raise Refused(rest)
        if kind in b"$=":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode()
        if kind in b"*~>":
            return None if rest == "-1" else [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return {self.read(): self.read() for _ in range(int(rest))}
        return int(rest) if kind == b":" else None if kind == b"_" else rest

    def close(self):
        self.socket.close()


class Node:
    """One process; killed and started again on its directory."""

    def __init__(self, cluster, id, flags):
        self.cluster, self.id, self.flags = cluster, id, flags
        self.port, self.peer_port = free_port(), free_port()
        self.process = None
        self.lost = False  # its disk is gone

    @property
    def directory(self):
        return os.path.join(self.cluster.directory, str(self.id))

    @property
    def address(self):
        return f"127.0.0.1:{self.peer_port}"

    def start(self):
        command = self.cluster.options.server.split() + ["--id", str(self.id), "--data-dir", self.directory]
        command += ["--listen", f"127.0.0.1:{self.port}", "--peer-listen", self.address, "--level", "linearizable"]
        command += ["--snapshot-log-size", "2mb", "--log-memory", "1mb", "--exit-with-stdin"] + self.flags
        with open(self.directory + ".log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)

    def stop(self, number):
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken(f"node {self.id} does not end") from None

    def status(self):
        connection = Connection(self.port, timeout=5)
        try:
            return connection.ask("CLUSTER-ADMIN", "STATUS"), info(connection)
        finally:
            connection.close()


class Cluster:
    """The nodes, and what is done to them."""

    def __init__(self, options, directory):
        self.options, self.directory = options, directory
        self.chance = random.Random(options.seed)
        self.nodes, self.all = {}, {}
        self.next_id, self.counts = 4, {}
        self.begun = time.monotonic()
        founders = [Node(self, id, []) for id in (1, 2, 3)]
        peers = ",".join(f"{node.id}={node.address}" for node in founders)
        for node in founders:
            node.flags = ["--peers", peers]
            self.nodes[node.id] = self.all[node.id] = node
            node.start()
        self.wait_until_settled()
        for line in KEYSPACES:
            self.ask(founders[0], line)
        for node in founders:
            self.until(f"the keyspaces at node {node.id}",
                       lambda: len(self.ask(node, "KEYSPACE LIST")) == 1 + len(KEYSPACES))

    def ask(self, node, line):
        connection = Connection(node.port)
        try:
            return connection.ask(*line.split())
        finally:
            connection.close()

    def tell(self, text):
        print(f"{time.monotonic() - self.begun:7.1f} s  {text}", flush=True)

    def until(self, what, is_there):
        deadline, last = time.monotonic() + PATIENCE, ""
        while time.monotonic() < deadline:
            try:
                found = is_there()
                if found:
                    return found
            except (OSError, Refused) as error:
                last = f": {error}"
            time.sleep(0.05)
        raise Broken(f"waited {PATIENCE} s for {what}{last}")

    def wait_until_settled(self):
        """No change is under way, all members are there, ready, and see the same members."""
        return self.until(f"members {sorted(self.nodes)} to agree", self.settled)

    def settled(self):
        seen = set()
        for node in self.nodes.values():
            code = node.process.poll()
            if code is not None:
                raise Broken(f"node {node.id} has ended by itself, with {code}: {tail(node)}")
            status, told = node.status()
            if status["under_way"] or told["ready"] != "1" or not status["leader"]:
                return False
            members = {member["id"]: member["role"] for member in status["members"]}
            seen.add(tuple(sorted(members)))
            if not set(members.values()) <= {"leader", "voter"}:
                return False
        return seen == {tuple(sorted(self.nodes))}

    def command(self, words, at=None):
        """`candor cluster`, asked at a member. Gives whether it was done, and what it said."""
        at = at or self.chance.choice([node for node in self.nodes.values() if not node.lost])
        program = self.options.server.split()[:-1]
        command = program + ["cluster", "--server", f"127.0.0.1:{at.port}"] + words
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken(f"cluster {' '.join(words)} does not end; {at.status()[0]['under_way']}") from None
        return done.returncode == 0, " ".join((done.stdout + done.stderr).split())

    def change(self, words, disturb=()):
        """The same, and perhaps a member is killed meanwhile and started again. In the end it is done, however often
        it must be asked for: who is a member then says so."""
        at = None
        for _ in range(6):
            hurt = self.chance.choice(list(disturb)) if disturb and self.chance.random() < 0.5 else None
            delay = self.chance.uniform(0, 1.2)
            thread = threading.Thread(target=self.hurt, args=(hurt, delay)) if hurt else None
            if thread:
                thread.start()
            is_done, said = self.command(words, at)
            if thread:
                thread.join()
            note = f", node {hurt.id} hurt after {delay:.1f} s" if hurt else ""
            self.tell(f"{' '.join(words)}{note}: {said}")
            if is_done or self.is_done(words):
                return
            disturb = ()
        raise Broken(f"cluster {' '.join(words)} is not done: {said}")

    def hurt(self, node, delay):
        time.sleep(delay)
        if delay > 0.9:
            node.process.send_signal(signal.SIGSTOP)
            time.sleep(2 * delay)
            node.process.send_signal(signal.SIGCONT)
        else:
            node.stop(signal.SIGKILL)
            node.start()

    def is_done(self, words):
        """Whether the members are those that were asked for, once no change is under way."""
        stay = [node for node in self.nodes.values() if not node.lost and str(node.id) != words[-1]]

        def over():
            for node in stay:
                status, _ = node.status()
                if status["leader"] and not status["under_way"]:
                    return [status]
            return None

        status = self.until(f"the end of {' '.join(words)}", over)[0]
        votes = {member["id"] for member in status["members"] if member["role"] in ("voter", "leader")}
        known = {member["id"] for member in status["members"]}
        if words[0] == "add":
            return int(words[1].split("=")[0]) in votes
        if words[0] == "replace":
            return int(words[2].split("=")[0]) in votes and int(words[1]) not in known
        if words[0] == "remove":
            return int(words[-1]) not in known
        if words[0] == "move":
            return any(m["id"] == int(words[1]) and m["address"] == words[2] for m in status["members"])
        return False

    # What is done at random.

    def joiner(self):
        node = Node(self, self.next_id, [])
        node.flags = ["--join", ",".join(other.address for other in self.nodes.values() if not other.lost)]
        self.next_id += 1
        self.all[node.id] = node
        node.start()
        return node

    def add(self):
        node, present = self.joiner(), list(self.nodes.values())
        self.change(["add", f"{node.id}={node.address}"], present + [node])
        self.nodes[node.id] = node

    def remove(self):
        node = self.chance.choice(list(self.nodes.values()))
        self.change(["remove", str(node.id)], self.nodes.values())
        del self.nodes[node.id]
        for again in (False, True):
            if again:
                node.start()
            code = node.wait()
            if code != 78:
                raise Broken(f"node {node.id} was removed and ended with {code}: {tail(node)}")

    def lose(self):
        """A member whose disk is gone; the others may be killed while they go on without it."""
        node = self.chance.choice(list(self.nodes.values()))
        node.stop(signal.SIGKILL)
        shutil.rmtree(node.directory)
        node.lost = True
        return node, [other for other in self.nodes.values() if other is not node]

    def replace(self):
        old, others = self.lose()
        new = self.joiner()
        self.change(["replace", str(old.id), f"{new.id}={new.address}"], [new] + (others if len(others) > 2 else []))
        del self.nodes[old.id]
        self.nodes[new.id] = new

    def remove_lost(self):
        node, others = self.lose()
        self.change(["remove", "--lose", str(node.id)], others if len(others) > 3 else [])
        del self.nodes[node.id]

    def move(self):
        node = self.chance.choice(list(self.nodes.values()))
        others = [other for other in self.nodes.values() if other is not node]
        node.stop(self.chance.choice([signal.SIGKILL, signal.SIGTERM]))
        node.peer_port = free_port()
        at = self.chance.choice(others)
        for _ in range(6):
            is_done, said = self.command(["move", str(node.id), node.address], at)
            self.tell(f"move {node.id}: {said}")
            if is_done or self.is_done(["move", str(node.id), node.address]):
                break
        if node.flags[0] == "--peers":
            # As long as its own log knows of no change, it goes by this list.
            peers = dict(peer.split("=") for peer in node.flags[1].split(","))
            peers[str(node.id)] = node.address
            node.flags = ["--peers", ",".join("=".join(peer) for peer in peers.items())]
        node.start()

    def transfer(self):
        node = self.chance.choice(list(self.nodes.values()))
        _, said = self.command(["transfer", str(node.id)])
        self.tell(f"transfer {node.id}: {said}")

    def pause(self):
        node, seconds = self.chance.choice(list(self.nodes.values())), self.chance.uniform(0.5, 5)
        self.tell(f"node {node.id} stands still for {seconds:.1f} s")
        node.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        node.process.send_signal(signal.SIGCONT)

    def kill(self):
        nodes = self.chance.sample(list(self.nodes.values()), self.chance.choice([1, 1, 2, len(self.nodes)]))
        number = self.chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM])
        self.tell(f"{number.name} to {', '.join(str(node.id) for node in nodes)}")
        for node in nodes:
            node.process.send_signal(number)
        for node in nodes:
            node.wait()
        time.sleep(self.chance.uniform(0, 2))
        for node in nodes:
            node.start()

    def step(self):
        steps = [self.transfer, self.kill, self.pause, self.replace, self.move]
        steps += [self.add, self.add] if len(self.nodes) < MOST else []
        steps += [self.remove, self.remove, self.remove_lost] if len(self.nodes) > FEWEST else []
        step = self.chance.choice(steps)
        step()
        name = step.__name__
        self.counts[name] = self.counts.get(name, 0) + 1
        self.wait_until_settled()
        time.sleep(self.chance.uniform(0.2, 2))

    def end(self):
        for node in self.all.values():
            if node.process and node.process.poll() is None:
                node.process.kill()
                node.process.wait()


class Load:
    """What clients did, as lines of a history."""

    def __init__(self, cluster):
        self.cluster, self.lock = cluster, threading.Lock()
        self.lines, self.clients, self.values = [], 0, 0
        self.own = []  # (key, value, id of the node) of writes that were acknowledged, to keys of their own
        self.heard = {"done": 0, "refused": 0, "unknown": 0}
        self.ending, self.moved = False, 0
        self.begun = time.monotonic_ns()

    def now(self):
        return (time.monotonic_ns() - self.begun) // 1000

    def number(self):
        with self.lock:
            self.clients += 1
            return self.clients

    def value(self):
        with self.lock:
            self.values += 1
            return self.values

    def run(self, place, every):
        """A client: one session after the other, at any node that serves; some go on at another node."""
        chance = random.Random(f"{self.cluster.options.seed} {place}")
        prefix, client, token = PREFIXES[place % len(PREFIXES)], 0, None
        while not self.ending:
            client = client if token else self.number()
            nodes = list(self.cluster.nodes.values())
            try:
                token = self.session(chance, prefix, chance.choice(nodes), every, client, token)
            except OSError:
                token = None
                time.sleep(0.05)

    def session(self, chance, prefix, node, every, client, token):
        """Ends where it is refused too often, or at some time; then gives its token."""
        connection = Connection(node.port)
        try:
            connection.ask("CONSISTENCY", "ATTR", "ON")
            if token:
                connection.ask("CONSISTENCY", "WAITFOR", token)
                self.moved += 1
            refused = 0
            while not self.ending and refused < 5 and chance.random() > 0.01:
                refused = refused + 1 if self.operation(chance, prefix, node, connection, client) == "refused" else 0
                time.sleep(chance.uniform(0, 2 * every))
            return connection.ask("CONSISTENCY", "TOKEN")
        except Refused:
            time.sleep(0.05)
            return None
        finally:
            connection.close()

    def operation(self, chance, prefix, node, connection, client):
        key = f"{prefix}{chance.randrange(KEYS)}"
        if chance.random() < 0.5:
            return self.record(connection, client, {"kind": "read", "key": key}, "GET", key)
        value = str(self.value())
        own = chance.randrange(OWN_KEY_EVERY) == 0
        key = f"{prefix}own-{value}" if own else key
        padded = f"{value}:{'x' * chance.randrange(PADDING)}"
        heard = self.record(connection, client, {"kind": "write", "key": key, "value": value}, "SET", key, padded)
        if own and heard == "done":
            with self.lock:
                self.own.append((key, value, node.id))
        return heard

    def record(self, connection, client, line, *words):
        """Asks, and writes down what was heard. Who hears nothing raises."""
        start, heard, error = self.now(), "done", None
        try:
            answer = connection.ask(*words)
            if line["kind"] == "read":
                line["value"] = answer and answer.split(":")[0]
            for name, text in connection.attributes.items():
                line[name] = json.loads(text)
        except Refused as refusal:
            heard = "unknown" if str(refusal).startswith("INDETERMINATE") else "refused"
            error = OSError(str(refusal)) if heard == "unknown" else None
        except OSError as broken:
            heard, error = "unknown", broken
        line.update({"client": client, "start": start, "end": None if heard == "unknown" else self.now()})
        if heard == "refused":
            line["refused"] = True
        with self.lock:
            self.lines.append(line)
            self.heard[heard] += 1
        if error:
            raise error
        return heard

    def look_at_the_end(self):
        """Reads all at every node, as clients do. What must be there and is not is told."""
        cluster, troubles = self.cluster, []
        lost = {node.id for node in cluster.all.values() if node.lost}
        shared = [f"{prefix}{key}" for prefix in PREFIXES for key in range(KEYS)]
        cluster.until("all nodes to show the same", lambda: len({self.seen(n, shared) for n in cluster.nodes.values()}) == 1)
        for node in cluster.nodes.values():
            connection, client = Connection(node.port), self.number()
            connection.ask("CONSISTENCY", "ATTR", "ON")
            for key in shared:
                self.record(connection, client, {"kind": "read", "key": key}, "GET", key)
            for key, value, writer in self.own:
                line = {"kind": "read", "key": key}
                self.record(connection, client, line, "GET", key)
                may_be_lost = key.startswith("m:") and writer in lost
                if line.get("value") != value and not (may_be_lost and line.get("value", 0) is None):
                    troubles.append(f"{key}, acknowledged by node {writer}, is {line.get('value')} at node {node.id}")
        return troubles

    def seen(self, node, keys):
        connection = Connection(node.port)
        try:
            return tuple(connection.ask("GET", key) for key in keys)
        finally:
            connection.close()

    def write(self, path):
        with open(path, "w") as file:
            for line in [HEADER] + self.lines:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")


def info(connection):
    return dict(line.split(":", 1) for line in connection.ask("INFO", "everything").splitlines() if ":" in line)


def tail(node):
    with open(node.directory + ".log", errors="replace") as log:
        return "".join(log.readlines()[-4:]).strip()


def free_port():
    """One that nobody has, below those that outgoing connections take by themselves."""
    while True:
        port = random.randrange(15_000, 30_000)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def fire(cluster, load, options):
    """Lets things happen as long as was said; gives what is wrong in the end."""
    every = options.clients / options.rate
    clients = [threading.Thread(target=load.run, args=(place, every), daemon=True) for place in range(options.clients)]
    for client in clients:
        client.start()
    end = time.monotonic() + 60 * options.minutes
    try:
        while time.monotonic() < end:
            cluster.step()
    finally:
        load.ending = True
        for client in clients:
            client.join()
    cluster.wait_until_settled()
    return load.look_at_the_end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}/target/release/candor serve"
    parser.add_argument("--server", default=default, help=f"the command that serves ({default})")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--rate", type=int, default=400, help="operations a second, of all clients together")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--keep", metavar="DIRECTORY", help="where the history and the nodes' logs and data stay; else they stay only if something is wrong")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    directory = options.keep or tempfile.mkdtemp(prefix="candor-members-")
    os.makedirs(directory, exist_ok=True)
    cluster = load = None
    try:
        cluster = Cluster(options, directory)
        load = Load(cluster)
        troubles = fire(cluster, load, options)
    except Broken as broken:
        troubles = [str(broken)]
    finally:
        if cluster:
            cluster.end()
    code = judge(load, cluster, directory, options) if load else 1
    for trouble in troubles[:20]:
        print(f"wrong: {trouble}")
    code = 1 if troubles else code
    if code == 0 and not options.keep:
        shutil.rmtree(directory)
    else:
        print(f"the history, the logs and the data are in {directory}")
    return code


def judge(load, cluster, directory, options):
    """Writes the history, and has it judged; gives the exit code."""
    path = os.path.join(directory, "history.jsonl")
    load.write(path)
    counts = ", ".join(f"{count} × {name}" for name, count in sorted(cluster.counts.items()))
    heard = ", ".join(f"{count:,} {name}" for name, count in load.heard.items())
    print(f"{counts or 'nothing was done'}; operations: {heard}; {load.moved:,} sessions "
          f"that went on elsewhere; {len(load.own):,} keys of their own")
    return subprocess.run(options.server.split()[:-1] + ["check", path], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
