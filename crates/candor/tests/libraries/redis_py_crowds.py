"""Many clients of redis-py at once: `redis_py_crowds.py at-once|killed PORT…`; it ends with 0 if all went as it must.

With whoever started it, it speaks by lines on standard input and output.
"""

import asyncio
import sys
import threading

import redis
import redis.asyncio
from redis.backoff import ConstantBackoff, NoBackoff
from redis.retry import Retry

from redis_py import ACCOUNTS, IN_ALL, connect, expect, move, until

# Refusals for which redis-py has classes, whose texts are without the code.
NOT_DONE = (redis.exceptions.ClusterDownError, redis.exceptions.TryAgainError, redis.exceptions.ExecAbortError)


async def at_once(ports):
    """Tasks of one asynchronous client each, by both protocols."""
    for protocol in (2, 3):
        clients = [redis.asyncio.Redis(port=port, protocol=protocol, decode_responses=True) for port in ports]
        await clients[0].delete("hits", "seats")

        async def hit(number):
            client = clients[number % len(clients)]
            async with client.pipeline() as pipeline:
                (count,) = await pipeline.incr("hits").execute()
            await client.set(f"task:{number}", count, ex=100)
            expect(await client.get(f"task:{number}"), str(count))
            return count

        counts = await asyncio.gather(*map(hit, range(60)))
        expect(sorted(counts), list(range(1, 61)))

        async def book(number):
            client = clients[number % len(clients)]
            async with client.pipeline() as pipeline:
                while True:
                    try:
                        await pipeline.watch("seats")
                        taken = int(await pipeline.get("seats") or 0)
                        if taken == 5:
                            return False
                        pipeline.multi()
                        pipeline.set("seats", taken + 1)
                        await pipeline.execute()
                        return True
                    except redis.WatchError:
                        continue

        expect(sum(await asyncio.gather(*map(book, range(12)))), 5)
        expect(len([key async for key in clients[1].scan_iter("task:*", count=11)]), 60)
        for client in clients:
            await client.aclose()


def killed(ports):
    """Money is moved while a leader is killed: each move is done, refused or unknown, and nothing is lost."""
    # A change that is not known to be done is not asked for again by the library itself.
    clients = [connect(port, retry=Retry(NoBackoff(), 0)) for port in ports]
    clients[0].mset(dict.fromkeys(ACCOUNTS, IN_ALL // len(ACCOUNTS)))
    moved = [0] * len(clients)
    is_over = threading.Event()
    errors = []

    def work(number):
        while not is_over.is_set():
            try:
                move(clients[number], moved[number])
                moved[number] += 1
            except (redis.ConnectionError, redis.TimeoutError) + NOT_DONE:
                is_over.wait(0.02)
            except redis.ResponseError as error:
                if not str(error).startswith("INDETERMINATE"):
                    errors.append(error)
                    return
            except Exception as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clients))]
    [thread.start() for thread in threads]
    until("all to move", lambda: errors or all(count > 2 for count in moved))
    print("all move", flush=True)
    gone = int(sys.stdin.readline())
    before = list(moved)
    until("the others to move on", lambda: errors or all(
        moved[number] > before[number] + 10 for number in range(len(clients)) if number != gone))
    is_over.set()
    [thread.join() for thread in threads]
    expect(errors, [])
    retry = Retry(ConstantBackoff(0.05), 100, supported_errors=(redis.ConnectionError, redis.TimeoutError))
    for number, port in enumerate(ports):
        if number != gone:
            expect(sum(map(int, connect(port, retry=retry).mget(ACCOUNTS))), IN_ALL)


what, *ports = sys.argv[1:]
ports = [int(port) for port in ports]
if what == "at-once":
    asyncio.run(at_once(ports))
else:
    killed(ports)
print("done", flush=True)
