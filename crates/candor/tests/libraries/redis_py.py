"""redis-py as people use it, on several nodes: `redis_py.py LEVEL PORT…`; it ends with 0 if all went as it must."""

import sys
import threading
import time

import redis
from redis import connection

# How long anything may take on a busy machine, in seconds.
PATIENCE = 60
ACCOUNTS = [f"account:{number}" for number in range(4)]
IN_ALL = 400


def connect(port, protocol=3, **more):
    return redis.Redis(port=port, protocol=protocol, decode_responses=True, socket_timeout=PATIENCE, **more)


def expect(said, wanted):
    assert said == wanted, f"{said!r} is not {wanted!r}"


def expect_refused(code, ask):
    try:
        said = ask()
    except redis.ResponseError as error:
        assert str(error).startswith(code), error
    else:
        raise AssertionError(f"{said!r}, and not {code}")


def until(what, ask):
    end = time.monotonic() + PATIENCE
    while not ask():
        assert time.monotonic() < end, f"waited too long for {what}"
        time.sleep(0.005)


def faces():
    """Both protocols, each with the parser written in C and with the one written in Python."""
    pure = {2: connection._RESP2Parser, 3: connection._RESP3Parser}
    for protocol in (2, 3):
        for parser in (connection._HiredisParser, pure[protocol]):
            yield protocol, parser


def everyday(level, ports):
    """What any program does; at each level that there is, by each protocol and parser."""
    is_agreed = level in ("linearizable", "sequential")
    for protocol, parser in faces():
        pool = redis.ConnectionPool(port=ports[0], protocol=protocol, decode_responses=True,
                                    parser_class=parser, max_connections=8)
        client = redis.Redis(connection_pool=pool)
        values(client)
        levels(client, is_agreed)
        sessions(ports, protocol)
        if is_agreed:
            counters(client)
            deadlines(client)
            transactions(client, ports, protocol)
            absent(client)
        else:
            refused_in_merged_order(client)
            transactions_in_merged_order(client)
        crowd(client, is_agreed)
        client.close()


def values(client):
    keys = {f"v:{number}": f"value {number}" for number in range(100)}
    client.delete("v:0", *client.scan_iter())
    expect(client.get("v:0"), None)
    expect(client.mset(keys), True)
    expect(client.mget(["v:0", "none", "v:99"]), ["value 0", None, "value 99"])
    expect(sorted(client.scan_iter("v:*", count=7)), sorted(keys))
    expect(sorted(client.keys("v:9?")), [f"v:9{last}" for last in range(10)])
    expect((client.exists("v:0", "none"), client.strlen("v:0"), client.type("v:0")), (1, 7, "string"))
    expect(client.set("bytes", bytes(range(128)).decode() + "é\r\n"), True)
    expect(client.get("bytes"), bytes(range(128)).decode() + "é\r\n")
    # A pipeline without a transaction, with an error in the middle of it.
    pipeline = client.pipeline(transaction=False)
    pipeline.set("p", "x").get("p").execute_command("GET@FRESH", "p").delete("p").get("p")
    done, seen, error, removed, gone = pipeline.execute(raise_on_error=False)
    expect((done, seen, removed, gone), (True, "x", 1, None))
    assert str(error).startswith("CONSISTENCY"), error
    assert client.ping() and client.dbsize() >= 100 and client.info()["redis_version"]
    expect(client.client_info()["lib-name"], "redis-py")
    expect(client.config_get("maxmemory-policy"), {"maxmemory-policy": "noeviction"})
    expect(client.command_getkeys("MSET", "a", "1", "b", "2"), ["a", "b"])


def levels(client, is_agreed):
    client.set("city", "Utrecht")
    for level in ["CAUSAL", "EVENTUAL"] + ["SEQUENTIAL", "LINEARIZABLE"] * is_agreed:
        expect(client.execute_command(f"GET@{level}", "city"), "Utrecht")
        expect(client.execute_command(f"MGET@{level}", "city", "none"), ["Utrecht", None])
    if not is_agreed:
        expect_refused("CONSISTENCY", lambda: client.execute_command("GET@LINEARIZABLE", "city"))
    expect_refused("CONSISTENCY", lambda: client.execute_command("SET@EVENTUAL", "city", "Delft"))
    # The level of a connection is that of one connection of the pool.
    with client.client() as alone:
        expect(alone.execute_command("CONSISTENCY", "SET", "EVENTUAL"), "OK")
        assert "connection" in str(alone.execute_command("CONSISTENCY", "GET"))
        expect(alone.get("city"), "Utrecht")
        expect(alone.execute_command("CONSISTENCY", "SET", "DEFAULT"), "OK")


def token_of(client, *writes):
    """Writes, and where the session stands then: on one connection, so in one pipeline."""
    pipeline = client.pipeline(transaction=False)
    for key, value in writes:
        pipeline.set(key, value)
    return pipeline.execute_command("CONSISTENCY", "TOKEN").execute()[-1]


def read_behind(client, token, key):
    pipeline = client.pipeline(transaction=False)
    pipeline.execute_command("CONSISTENCY", "WAITFOR", token).get(key)
    done, seen = pipeline.execute()
    expect(done, "OK")
    return seen


def sessions(ports, protocol):
    """A session that goes from node to node reads what it has written, and what it has read."""
    clients = [connect(port, protocol) for port in ports]
    for step in range(60):
        here, there = clients[step % len(ports)], clients[(step + 1) % len(ports)]
        token = token_of(here, ("walk", step), ("walk:last", step))
        expect(read_behind(there, token, "walk"), str(step))
    tokens = [token_of(client, (f"tokens:{at}", "x")) for at, client in enumerate(clients)]
    merged = clients[0].execute_command("CONSISTENCY", "MERGE", *tokens)
    for client in clients:
        expect([read_behind(client, merged, f"tokens:{at}") for at in range(len(clients))], ["x"] * len(clients))
    expect_refused("that is no token", lambda: clients[0].execute_command("CONSISTENCY", "WAITFOR", "no-token"))
    for client in clients:
        client.close()


def counters(client):
    client.delete("n", "text")
    expect([client.incr("n"), client.incrby("n", 5), client.decr("n"), client.incrbyfloat("n", 0.5)], [1, 6, 5, 5.5])
    expect((client.append("text", "ab"), client.setrange("text", 1, "xy"), client.get("text")), (2, 3, "axy"))
    expect((client.set("n", 1, nx=True), client.set("n", 1, xx=True, get=True)), (None, "5.5"))
    expect((client.execute_command("SET", "n", "2", "IFEQ", "0"), client.getdel("n")), (None, "1"))
    expect((client.getset("n", 3), client.msetnx({"n": 1, "m": 1})), (None, False))


def deadlines(client):
    expect(client.set("short", "x", px=40), True)
    expect(client.set("long", "x", ex=100), True)
    assert 95 <= client.ttl("long") <= 100 and 95_000 <= client.pttl("long") <= 100_000
    expect((client.expire("long", 50, nx=True), client.expire("long", 50, lt=True)), (False, True))
    expect((client.persist("long"), client.ttl("long"), client.ttl("none")), (True, -1, -2))
    expect((client.execute_command("SETEX", "long", 100, "y"), client.getex("long", persist=True)), (True, "y"))
    expect(client.set("long", "z", keepttl=True), True)
    until("a key to expire", lambda: client.get("short") is None)
    expect((client.exists("short"), client.ttl("short")), (0, -2))
    expect(client.set("short", "again", nx=True, ex=100), True)
    client.delete("short", "long")


def transactions(client, ports, protocol):
    """A pipeline of redis-py is a transaction unless one says otherwise."""
    client.delete("t", "u")
    expect(client.pipeline().set("t", 1).incr("t").get("t").execute(), [True, 2, "2"])
    said = client.pipeline().set("u", "text").incr("u").get("u").execute(raise_on_error=False)
    assert said[0] is True and "not an integer" in str(said[1]) and said[2] == "text", said
    with client.pipeline() as pipeline:
        try:
            pipeline.set("t", "never").keys("*").execute()
            raise AssertionError("KEYS runs in no transaction")
        except redis.ResponseError as error:
            assert "KEYS" in str(error).upper(), error
    expect(client.get("t"), "2")
    # What is watched here changes on another node, and changes back.
    other = connect(ports[-1], protocol)
    with client.pipeline() as pipeline:
        pipeline.watch("t")
        expect(pipeline.get("t"), "2")
        other.set("t", "3")
        other.set("t", "2")
        pipeline.multi()
        pipeline.set("t", "lost")
        try:
            pipeline.execute()
            raise AssertionError("the change was not noticed")
        except redis.WatchError:
            pass
    expect(client.get("t"), "2")
    # redis-py's own loop of watching and trying again.
    expect(client.transaction(lambda pipeline: pipeline.multi() or pipeline.incr("t"), "t"), [3])
    other.close()
    transfers([connect(port, protocol) for port in ports])


def transfers(clients):
    """Threads at all nodes move money; nobody ever sees some of it missing."""
    token = token_of(clients[0], *((account, IN_ALL // len(ACCOUNTS)) for account in ACCOUNTS))
    for client in clients:
        client.execute_command("CONSISTENCY", "WAITFOR", token)
    errors = []

    def work(number):
        try:
            for step in range(10):
                move(clients[number % len(clients)], number + step)
        except Exception as error:  # A thread has nobody else to tell.
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2 * len(clients))]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    expect(errors, [])
    for client in clients:
        expect(sum(map(int, client.pipeline().mget(ACCOUNTS).execute()[0])), IN_ALL)
        client.close()


def move(client, step):
    source, target = ACCOUNTS[step % len(ACCOUNTS)], ACCOUNTS[(step + 1) % len(ACCOUNTS)]

    def change(pipeline):
        held, other = (int(amount) for amount in pipeline.mget(source, target))
        pipeline.multi()
        pipeline.mset({source: held - 1, target: other + 1})
        pipeline.mget(ACCOUNTS)

    seen = client.transaction(change, source, target)[-1]
    expect(sum(map(int, seen)), IN_ALL)


def absent(client):
    """What Candor has not is refused with what does its work; the connection stays as it was."""
    for ask in [lambda: client.eval("return 1", 0), lambda: client.hset("h", "a", 1), lambda: client.publish("c", "m")]:
        expect_refused("unknown command", ask)
    # redis-py's lock takes the key by SET, and gives it back by a script.
    lock = client.lock("lock", timeout=100)
    assert lock.acquire(blocking=False)
    expect_refused("unknown command 'EVAL", lock.release)
    expect(client.execute_command("DELIFEQ", "lock", lock.local.token or client.get("lock")), 1)


def refused_in_merged_order(client):
    """What needs one order of all writes, by itself and in a transaction."""
    for ask in [lambda: client.set("k", "x", nx=True), lambda: client.set("k", "x", ex=10), lambda: client.expire("city", 10),
                lambda: client.pipeline().set("k", "x").append("k", "y").execute()]:
        expect_refused("CONSISTENCY", ask)
    expect((client.get("k"), client.get("city")), (None, "Utrecht"))


def transactions_in_merged_order(client):
    """A plain pipeline of redis-py is a transaction: one entry, whose reads see what stands before them."""
    pipeline = client.pipeline().delete("name", "n").set("name", "ann").incr("n").mget("name", "n").delete("name")
    expect(pipeline.execute()[1:], [True, 1, ["ann", "1"], 1])
    expect(client.mget("name", "n"), [None, "1"])
    pipeline = client.pipeline().set("name", "bo").incr("name").get("name")
    seen = pipeline.execute(raise_on_error=False)
    expect((seen[0], type(seen[1]).__name__, seen[2]), (True, "ResponseError", "bo"))


def crowd(client, is_agreed):
    """More threads than connections in the pool would be an error of the pool; as many are served."""
    client.set("crowd", 0)
    seen = []

    def work(number):
        for step in range(20):
            client.set(f"crowd:{number}", step)
            seen.append(client.get(f"crowd:{number}") == str(step))
            is_agreed and client.incr("crowd")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    expect(seen, [True] * 160)
    if is_agreed:
        expect(client.get("crowd"), "160")


if __name__ == "__main__":
    everyday(sys.argv[1], [int(port) for port in sys.argv[2:]])
    print("done", flush=True)
