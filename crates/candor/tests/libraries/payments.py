"""Payments of `examples/bank.py` whose outcome is unknown: `payments.py PORT…`; it ends with 0 if all went as it must.

By lines on standard input it is told whom to ask: `pay PORT` while no other node answers, `is it paid PORT` of another one,
`whole PORT` once all are there again, and `end`.
"""

import pathlib
import sys

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

sys.path.append(str(pathlib.Path(__file__).parents[4] / "examples"))
import bank  # noqa: E402


def answered(ask):
    """What is answered once there is an answer."""
    while True:
        try:
            return ask()
        except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):
            continue


def pay(client, receipt):
    try:
        said = bank.pay(client, bank.ACCOUNTS[0], 1, receipt)
    except redis.ResponseError:
        return
    raise AssertionError(f"nobody can know yet: {said}")


def settle(client, receipt, paid):
    # A node's writes keep their order: what it was asked before this one is decided then.
    answered(lambda: client.set("later", receipt))
    held = answered(lambda: client.execute_command("MGET@LINEARIZABLE", *bank.ACCOUNTS))
    assert sum(map(int, held)) == 2000 - paid, (receipt, held, paid)


clients = {port: redis.Redis(port=int(port), decode_responses=True, retry=Retry(NoBackoff(), 0)) for port in sys.argv[1:]}
answered(lambda: clients[sys.argv[1]].mset(dict.fromkeys(bank.ACCOUNTS, 1000)))
paid = number = 0
print("ready", flush=True)
for line in sys.stdin:
    what, port = line.strip().rsplit(" ", 1)
    receipt = f"receipt:{number}"
    if what == "pay":
        pay(clients[port], receipt)
        print("unknown", flush=True)
    elif what == "is it paid":
        is_paid = answered(lambda: bank.is_paid(clients[port], receipt))
        paid += is_paid
        print("yes" if is_paid else "no", flush=True)
    elif what == "whole":
        settle(clients[port], receipt, paid)
        number += 1
        print("settled", flush=True)
    else:
        break
print("done", flush=True)
