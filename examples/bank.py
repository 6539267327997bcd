"""Accounts of which no two tellers pay the same money. Level: sequential.

`bank.py PORT…`: the ports of one cluster's nodes.

A customer's accounts may not fall below zero *together*. So whoever pays reads both, and changes one. WATCH notes where
the values that he read were written, at whatever node, and EXEC runs only if nothing else was written there since; else
he looks again. EXEC is decided at one place in the log, whatever the level: a read that is old costs another try, never
money. Who audits reads all accounts by one MGET, which shows one state.

One level below (`causal`) there is no WATCH. Two tellers who cannot reach each other both see that the other account
covers it, and both pay: `candor run examples/bank.json`.

After `-INDETERMINATE`, or a connection that breaks, a payment may have been done, or be done yet. So each has a receipt,
which its transaction watches and writes.
"""

import sys
import threading

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

ACCOUNTS = ["anna:checking", "anna:savings"]


def pay(client, account, amount, receipt):
    """Pays out once, if both accounts together hold so much. True: paid; False: not covered."""
    with client.pipeline() as pipeline:
        while True:
            try:
                pipeline.watch(receipt, *ACCOUNTS)
                held = dict(zip(ACCOUNTS, map(int, pipeline.mget(ACCOUNTS))))
                if sum(held.values()) < amount:
                    return False
                pipeline.multi()
                pipeline.set(account, held[account] - amount)
                pipeline.set(receipt, "paid")
                pipeline.execute()
                return True
            except redis.WatchError:
                continue  # Somebody else paid meanwhile.
            except (redis.ConnectionError, redis.TimeoutError):
                return is_paid(client, receipt)
            except redis.ResponseError as error:
                if not str(error).startswith("INDETERMINATE"):
                    raise
                return is_paid(client, receipt)


def is_paid(client, receipt):
    """Whether a payment of unknown outcome was done. If not, it never will be: it watches the receipt, which is void now.

    If this raises, it may be asked again, at any node.
    """
    return not client.set(receipt, "void", nx=True) and client.get(receipt) == "paid"


def main():
    # A library that asked again by itself might pay twice.
    clients = [redis.Redis(port=int(port), decode_responses=True, retry=Retry(NoBackoff(), 0)) for port in sys.argv[1:]]
    pipeline = clients[0].pipeline(transaction=False)
    pipeline.mset(dict.fromkeys(ACCOUNTS, 100)).execute_command("CONSISTENCY", "TOKEN")
    token = pipeline.execute()[-1]
    for client in clients:
        # To each node the accounts may be news: it waits until it has them.
        client.execute_command("CONSISTENCY", "WAITFOR", token)
    paid = []

    def teller(at):
        for number in range(10):
            amount, receipt = 5 + number, f"receipt:{at}:{number}"
            clients[at].delete(receipt)
            if pay(clients[at], ACCOUNTS[(at + number) % 2], amount, receipt):
                paid.append(amount)

    tellers = [threading.Thread(target=teller, args=(at,)) for at in range(len(clients))]
    [thread.start() for thread in tellers]
    [thread.join() for thread in tellers]
    left = sum(map(int, clients[0].execute_command("MGET@LINEARIZABLE", *ACCOUNTS)))
    print(f"{len(paid)} payments of {10 * len(clients)}, {sum(paid)} in all; {left} of 200 are left")
    assert left >= 0 and left + sum(paid) == 200
    assert is_paid(clients[0], "receipt:unknown") is False and clients[0].get("receipt:unknown") == "void"


if __name__ == "__main__":
    main()
