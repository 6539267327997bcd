"""Clients of ZeroMQ as people have them, by pyzmq. `clients.py WHAT ADDRESS…`; it ends with 0 if all went as it must.

With whoever started it, it speaks by lines on standard input and output.
"""

import json
import random
import signal
import sys
import threading
import time
import unicodedata

import zmq
import zmq.utils.monitor

# How long anything may take on a busy machine, in seconds.
PATIENCE = 100
# How long a client waits until it goes on elsewhere, in milliseconds.
REPLY_MS = 3000

context = zmq.Context()


def connect(address, kind=zmq.REQ, wait_ms=PATIENCE * 1000):
    socket = context.socket(kind)
    socket.linger = 0
    socket.rcvtimeo = wait_ms
    socket.connect(address)
    return socket


def ask(socket, request):
    socket.send_json(request)
    return socket.recv_string()


def put(socket, key, value):
    return ask(socket, {"type": "set", "key": key, "value": value})


def get(socket, key):
    return ask(socket, {"type": "get", "key": key, "value": None})


def expect(said, wanted):
    assert said == wanted, f"{said!r} is not {wanted!r}"


def tell(line):
    print(line, flush=True)


def hear(line):
    expect(sys.stdin.readline().strip(), line)


def one(address):
    """What one client may say, and what it hears."""
    socket = connect(address)
    expect(get(socket, "a"), "a:None")
    expect(put(socket, "a", 10), "success")
    expect(get(socket, "a"), "a:10")
    expect(ask(socket, {"request_type": "read", "key": "a"}), "a:10")
    expect(ask(socket, {"request_type": "write", "key": "b:c", "value": "x y"}), "success")
    expect(get(socket, "b:c"), "b:c:x y")
    for value in [True, False, 1.5, -7, 1e100, "it's", "", {"x": 1}, [1, "a", None, [True]], "None"]:
        expect(put(socket, "v", value), "success")
        expect(get(socket, "v"), f"v:{value}")
    socket.send_string('{"type": "set", "key": "v", "value": 1.500}')
    expect(socket.recv_string(), "success")
    expect(get(socket, "v"), "v:1.500")
    for junk in [b"", b"hello", b"\xff\x00", b"[]", b"5", b'{"type": "fly", "key": "a"}', b'{"type": "get"}',
                 b'{"type": "set", "key": "a", "value": null}', b'{"type": "set", "key": "a"}',
                 b'{"type": "get", "key": "a", "colour": 1}', b"[" * 100000]:
        socket.send(junk)
        said = socket.recv_string()
        assert said.startswith("error: ERR "), f"{junk[:80]}: {said}"
    expect(get(socket, "a"), "a:10")
    long = "é" * 3_000_000
    expect(put(socket, "long", long), "success")
    expect(get(socket, "long"), "long:" + long)
    socket.send(b'{"type": "set", "key": "a", "value": "' + b"x" * (65 << 20) + b'"}')
    expect(socket.recv_string(), "error: ERR a request has at most 64 MiB")
    expect(get(socket, "a"), "a:10")
    dealers(address)
    printed(address)


def dealers(address):
    """A DEALER asks many at once, with an envelope of its own, and is answered in order."""
    socket = connect(address, zmq.DEALER)
    socket.setsockopt(zmq.HEARTBEAT_IVL, 50)
    for number in range(500):
        request = json.dumps({"type": "set", "key": "d", "value": number})
        socket.send_multipart([b"proxy", str(number).encode(), b"", request.encode()])
        socket.send_multipart([b"", b'{"type": "get", "key": "d"}'])
    for number in range(500):
        expect(socket.recv_multipart(), [b"proxy", str(number).encode(), b"", b"success"])
        expect(socket.recv_multipart(), [b"", f"d:{number}".encode()])
    for request in [b'{"type": "set", "key": "d", "value": "x"}', b"junk", b'{"type": "get", "key": "d"}']:
        socket.send_multipart([b"", request])
    expect(socket.recv_multipart(), [b"", b"success"])
    assert socket.recv_multipart()[1].startswith(b"error: ERR a request is one JSON object")
    expect(socket.recv_multipart(), [b"", b"d:x"])
    socket.send(b'{"type": "get", "key": "d"}')
    [said] = socket.recv_multipart()
    assert said.startswith(b"error: ERR a request has an empty part"), said
    socket.send_multipart([b"", b"{}", b"{}"])
    expect(socket.recv_multipart(), [b"", b"error: ERR a request is one part, one JSON object"])
    expect_no_service(address)


def expect_no_service(address):
    """A socket that asks nothing is let go at every try."""
    socket = context.socket(zmq.PUSH)
    socket.linger = 0
    monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
                                        | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
    socket.connect(address)
    event = zmq.utils.monitor.recv_monitor_message(monitor)["event"]
    assert event != zmq.EVENT_HANDSHAKE_SUCCEEDED, event


def random_value(chance, depth=0):
    """A value as JSON can have it, of characters that every Python and every Rust knows."""
    kinds = ["text", "number", "word"] + (["list", "object"] if depth < 3 else [])
    kind = chance.choice(kinds)
    if kind == "text":
        return random_text(chance)
    if kind == "number":
        return chance.choice([chance.randint(-10**20, 10**20), chance.random() * 10 ** chance.randint(-20, 20), 0, -1.0])
    if kind == "word":
        return chance.choice([True, False] + [None] * (depth > 0))
    if kind == "list":
        return [random_value(chance, depth + 1) for _ in range(chance.randint(0, 4))]
    return {random_text(chance): random_value(chance, depth + 1) for _ in range(chance.randint(0, 4))}


def random_text(chance):
    def character():
        while True:
            code = chance.choice([chance.randint(0, 0xff), chance.randint(0, 0xffff), chance.randint(0, 0x10ffff)])
            if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs"):
                return chr(code)
    return "".join(chance.choice(["'", '"', "\\", "a", character(), character()]) for _ in range(chance.randint(0, 6)))


def printed(address):
    """What is stored is what Python's str() makes of the value."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    socket = connect(address)
    for _ in range(2000):
        value = random_value(chance)
        socket.send_string(json.dumps({"type": "set", "key": "p", "value": value}, ensure_ascii=chance.random() < 0.5))
        assert socket.recv_string() == "success", f"seed {seed}: {value!r}"
        said = get(socket, "p")
        assert said == f"p:{value}", f"seed {seed}: {said!r} is not 'p:' + {str(value)!r}"


def fifty(address):
    """Fifty clients at once, each with a key of its own and one that all share."""
    failures, start = [], threading.Barrier(50)

    def client(number):
        try:
            socket = connect(address)
            start.wait(PATIENCE)
            for count in range(40):
                expect(put(socket, f"own{number}", count), "success")
                expect(get(socket, f"own{number}"), f"own{number}:{count}")
                expect(put(socket, "shared", number), "success")
                assert get(socket, "shared").removeprefix("shared:") in map(str, range(50))
        except Exception as failure:
            failures.append(f"client {number}: {failure!r}")

    threads = [threading.Thread(target=client, args=[number]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def crowd(address):
    """One write waits, and nobody else does."""
    writer = connect(address)
    writer.send_json({"type": "set", "key": "a", "value": "after"})
    for reader in [connect(address) for _ in range(50)]:
        expect(get(reader, "a"), "a:before")
    assert not writer.poll(0), writer.recv_string()
    tell("waits")
    expect(writer.recv_string(), "success")
    expect(get(writer, "a"), "a:after")


class Wanderer(threading.Thread):
    """Writes growing numbers under a key of its own, and goes on to the next server when one does not do it."""

    def __init__(self, number, addresses):
        super().__init__(daemon=True)
        self.key, self.addresses, self.server = f"w{number}", addresses, number % len(addresses)
        self.tried = self.acknowledged = self.done = 0
        self.refused, self.failure, self.over = set(), None, threading.Event()

    def run(self):
        try:
            socket = connect(self.addresses[self.server], wait_ms=REPLY_MS)
            while not self.over.is_set():
                if not self.step(socket):
                    socket.close()
                    self.server = (self.server + 1) % len(self.addresses)
                    socket = connect(self.addresses[self.server], wait_ms=REPLY_MS)
        except Exception as failure:
            self.failure = f"{self.key}: {failure!r}"

    def step(self, socket):
        """One write and one read; whether both were done."""
        self.tried += 1
        try:
            said = put(socket, self.key, self.tried)
            if said != "success":
                assert said.startswith("error: "), said
                if not said.startswith("error: INDETERMINATE "):
                    self.refused.add(self.tried)
                return False
            self.acknowledged = self.tried
            said = get(socket, self.key)
            if said.startswith("error: "):
                return False
            self.check(said)
        except zmq.Again:
            return False
        self.done += 1
        return True

    def check(self, said):
        """What was acknowledged is there, and what was refused is not."""
        value = int(said.removeprefix(self.key + ":"))
        assert self.acknowledged <= value <= self.tried and value not in self.refused, f"{said}: {vars(self)}"


def killed(*addresses):
    """Clients of three servers, one of which is killed; their places are told when it is."""
    wanderers = [Wanderer(number, addresses) for number in range(9)]
    for wanderer in wanderers:
        wanderer.start()

    def all_do(more):
        """Waits until each has done so many more."""
        goals = [wanderer.done + more for wanderer in wanderers]
        while any(w.done < goal for w, goal in zip(wanderers, goals)):
            failures = [w.failure for w in wanderers if w.failure]
            assert not failures, failures
            time.sleep(0.01)

    all_do(20)
    tell("all write")
    hear("killed")
    all_do(20)
    for wanderer in wanderers:
        wanderer.over.set()
        wanderer.join()
        assert not wanderer.failure, wanderer.failure
    tell("all wrote on")
    survivors = [addresses[int(place)] for place in sys.stdin.readline().split()]
    for survivor in survivors:
        for wanderer in wanderers:
            said = "error: "
            while said.startswith("error: "):
                said = get(connect(survivor), wanderer.key)
            wanderer.check(said)


if __name__ == "__main__":
    # Whatever hangs ends.
    signal.alarm(PATIENCE)
    what, *rest = sys.argv[1:]
    {"one": one, "fifty": fifty, "crowd": crowd, "killed": killed}[what](*rest)
    tell("done")
