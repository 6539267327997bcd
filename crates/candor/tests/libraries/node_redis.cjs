// node-redis as people use it, on several nodes: `node_redis.cjs LEVEL PORT…`; it ends with 0 if all went as it must.

const { deepStrictEqual: expect, rejects, ok } = require("node:assert");
const { createClient, createClientPool, RESP_TYPES, WatchError } = require("redis");

const [level, ...ports] = process.argv.slice(2);
const isAgreed = level === "linearizable" || level === "sequential";

async function everyday(client) {
  await client.del(["a", "n"]);
  expect([await client.get("a"), await client.set("a", "1"), await client.get("a")], [null, "OK", "1"]);
  const all = Buffer.from([...Array(256).keys()]);
  await client.set("bytes", all);
  expect(await client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).get("bytes"), all);
  await client.mSet(Object.fromEntries([...Array(100).keys()].map((n) => [`many:${n}`, `${n}`])));
  expect(await client.mGet(["many:3", "none"]), ["3", null]);
  const seen = new Set();
  for await (const keys of client.scanIterator({ MATCH: "many:*", COUNT: 7 })) keys.forEach((key) => seen.add(key));
  expect(seen.size, 100);
  // What is asked in one turn is sent as one pipeline.
  expect(await Promise.all([client.set("p", "x"), client.get("p"), client.del("p"), client.get("p")]), ["OK", "x", 1, null]);
  const weaker = isAgreed ? ["LINEARIZABLE", "SEQUENTIAL", "EVENTUAL"] : ["CAUSAL", "EVENTUAL"];
  for (const name of weaker) expect(await client.sendCommand([`GET@${name}`, "a"]), "1");
  await rejects(client.sendCommand(["SET@EVENTUAL", "a", "2"]), /CONSISTENCY/);
  await rejects(client.eval("return 1"), /unknown command/);
}

async function agreed(client, other) {
  expect([await client.incr("n"), await client.incrBy("n", 5)], [1, 6]);
  expect(await client.set("n", "0", { condition: "NX" }), null);
  expect(await client.set("n", "7", { condition: "IFEQ", matchValue: "6" }), "OK");
  await rejects(client.multi().set("u", "text").incr("u").get("u").exec(), (error) => {
    expect([error.replies[0], error.errorIndexes, error.replies[2]], ["OK", [1], "text"]);
    return true;
  });
  await client.set("session", "x", { expiration: { type: "EX", value: 100 } });
  const ttl = await client.ttl("session");
  ok(ttl > 90 && ttl <= 100, ttl);
  await client.set("short", "x", { expiration: { type: "PX", value: 30 } });
  while ((await client.get("short")) !== null) await new Promise(setImmediate);
  expect(await client.pTTL("short"), -2);
  expect(await client.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
  await client.watch("t");
  await other.set("t", "4");
  await rejects(client.multi().set("t", "lost").exec(), WatchError);
  expect(await client.get("t"), "4");
}

async function refusedInMergedOrder(client) {
  await rejects(client.append("a", "x"), /CONSISTENCY/);
  await rejects(client.set("a", "1", { expiration: { type: "EX", value: 10 } }), /CONSISTENCY/);
  await rejects(client.multi().set("a", "2").append("a", "x").exec(), /CONSISTENCY/);
  expect(await client.get("a"), "1");
  expect(await client.multi().set("t", "1").incr("t").get("t").exec(), ["OK", 2, "2"]);
}

async function wander(clients) {
  for (let step = 0; step < 60; step += 1) {
    const [here, there] = [clients[step % clients.length], clients[(step + 1) % clients.length]];
    const [, token] = await Promise.all([here.set("walk", `${step}`), here.sendCommand(["CONSISTENCY", "TOKEN"])]);
    const seen = await Promise.all([there.sendCommand(["CONSISTENCY", "WAITFOR", token]), there.get("walk")]);
    expect(seen, ["OK", `${step}`]);
  }
}

/** The clients of a pool each take a turn at one counter, which they watch. */
async function pool(port, RESP) {
  const clients = await createClientPool({ socket: { port }, RESP }, { minimum: 2, maximum: 4 }).connect();
  await clients.set("pool", "0");
  const add = (client) => async () => {
    await client.watch("pool");
    const value = Number(await client.get("pool"));
    return client.multi().set("pool", `${value + 1}`).exec();
  };
  const untilDone = async () => {
    for (;;) {
      const done = await clients.execute((client) => add(client)().catch((error) => {
        if (!(error instanceof WatchError)) throw error;
      }));
      if (done) return;
    }
  };
  await Promise.all([...Array(20)].map(untilDone));
  expect(await clients.get("pool"), "20");
  await clients.close();
}

async function main() {
  for (const RESP of [2, 3]) {
    const clients = await Promise.all(ports.map((port) => createClient({ socket: { port }, RESP }).connect()));
    await everyday(clients[0]);
    await (isAgreed ? agreed(clients[0], clients[1]) : refusedInMergedOrder(clients[0]));
    await wander(clients);
    if (isAgreed) await pool(ports[0], RESP);
    await Promise.all(clients.map((client) => client.close()));
  }
  console.log("done");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
