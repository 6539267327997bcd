// ioredis as people use it, on several nodes: `ioredis.cjs LEVEL PORT…`; it ends with 0 if all went as it must.

const { deepStrictEqual: expect, rejects, ok } = require("node:assert");
const Redis = require("ioredis");

const [level, ...ports] = process.argv.slice(2);
const isAgreed = level === "linearizable" || level === "sequential";

async function everyday(client) {
  await client.del("a", "n", "bytes");
  expect([await client.get("a"), await client.set("a", "1"), await client.get("a")], [null, "OK", "1"]);
  const all = Buffer.from([...Array(256).keys()]);
  await client.set("bytes", all);
  expect(await client.getBuffer("bytes"), all);
  await client.mset(Object.fromEntries([...Array(100).keys()].map((n) => [`many:${n}`, `${n}`])));
  expect(await client.mget("many:3", "none"), ["3", null]);
  const seen = new Set();
  for await (const keys of client.scanStream({ match: "many:*", count: 7 })) keys.forEach((key) => seen.add(key));
  expect(seen.size, 100);
  // A pipeline, with an error in the middle.
  const replies = await client.pipeline().set("p", "x").get("p").call("GET@FRESH", "p").get("p").exec();
  expect([replies[0], replies[1], replies[3]], [[null, "OK"], [null, "x"], [null, "x"]]);
  ok(replies[2][0].message.startsWith("CONSISTENCY"), replies[2][0]);
  const weaker = isAgreed ? ["LINEARIZABLE", "SEQUENTIAL", "EVENTUAL"] : ["CAUSAL", "EVENTUAL"];
  for (const name of weaker) expect(await client.call(`GET@${name}`, "a"), "1");
  await rejects(client.call("SET@EVENTUAL", "a", "2"), /^ReplyError: CONSISTENCY/);
  await rejects(client.eval("return 1", 0), /unknown command/);
}

/** A transaction that is sent one by one; where ioredis makes pipelines of its own it cannot do that. */
async function oneByOne(client) {
  await client.del("t");
  await client.multi({ pipeline: false });
  expect(await client.incr("t"), "QUEUED");
  expect(await client.exec(), [[null, 1]]);
}

async function agreed(client, other) {
  expect([await client.incr("n"), await client.incrby("n", 5), await client.set("n", "0", "NX")], [1, 6, null]);
  await client.set("session", "x", "EX", 100);
  const ttl = await client.ttl("session");
  ok(ttl > 90 && ttl <= 100, ttl);
  await client.set("short", "x", "PX", 30);
  while ((await client.get("short")) !== null) await new Promise(setImmediate);
  expect(await client.pttl("short"), -2);
  expect(await client.multi().set("t", "1").incr("t").get("t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
  await client.watch("t");
  await other.set("t", "4");
  expect(await client.multi().set("t", "lost").exec(), null);
  expect(await client.get("t"), "4");
}

async function refusedInMergedOrder(client) {
  await rejects(client.append("a", "x"), /CONSISTENCY/);
  await rejects(client.set("a", "1", "EX", 10), /CONSISTENCY/);
  await rejects(client.multi().set("a", "2").append("a", "x").exec(), /CONSISTENCY|EXECABORT/);
  expect(await client.get("a"), "1");
  expect(await client.multi().set("t", "1").incr("t").get("t").exec(), [[null, "OK"], [null, 2], [null, "2"]]);
}

async function wander(clients) {
  for (let step = 0; step < 60; step += 1) {
    const [here, there] = [clients[step % clients.length], clients[(step + 1) % clients.length]];
    const [, [, token]] = await here.pipeline().set("walk", step).call("CONSISTENCY", "TOKEN").exec();
    const seen = await there.pipeline().call("CONSISTENCY", "WAITFOR", token).get("walk").exec();
    expect(seen, [[null, "OK"], [null, `${step}`]]);
  }
}

async function main() {
  for (const protocol of [2, 3]) {
    const clients = ports.map((port) => new Redis({ port, protocol, enableAutoPipelining: protocol === 3 }));
    await everyday(clients[0]);
    await (isAgreed ? agreed(clients[0], clients[1]) : refusedInMergedOrder(clients[0]));
    if (isAgreed && protocol === 2) await oneByOne(clients[0]);
    await wander(clients);
    await Promise.all(clients.map((client) => client.quit()));
  }
  console.log("done");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
