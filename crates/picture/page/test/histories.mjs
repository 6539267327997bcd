// Histories to draw: small ones that show each shape, a hostile one, and long ones.

const header = (level) => JSON.stringify({ candor_history: 1, unit: "ns", ...(level ? { level } : {}) });
const lines = (level, operations) => [header(level), ...operations.map((o) => JSON.stringify(o))].join("\n") + "\n";

/** Numbers that look random and are the same every time (mulberry32). */
export function chance(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A linearizable history with positions; if `stale`, with one read that is not. */
export function long(count, stale = false) {
  const random = chance(7);
  const clients = 24;
  const planned = [];
  for (let client = 0; client < clients; client++) {
    let now = Math.floor(random() * 20_000);
    for (let at = 0; at <= count / clients; at++) {
      const took = Math.floor(20_000 + 180_000 * random() ** 3);
      planned.push({ client, start: now, end: now + took, effect: now + took * random() });
      now += took + 1000 + Math.floor(random() ** 6 * 900_000);
    }
  }
  planned.sort((a, b) => a.effect - b.effect);
  const state = new Map();
  const older = new Map();
  let index = 10;
  const operations = planned.slice(0, count).map(({ client, start, end }, at) => {
    const key = `user:${Math.floor(random() * 12)}`;
    const common = { client, key, start, end, server: client % 3 };
    if (random() < 0.4) {
      older.set(key, state.get(key));
      state.set(key, `v${at}`);
      return { ...common, kind: "write", value: `v${at}`, position: [++index, 0] };
    }
    let value = state.get(key) ?? null;
    if (stale && at > count / 2 && older.get(key)) {
      value = older.get(key);
      stale = false;
    }
    return { ...common, kind: "read", value, position: [index, 0] };
  });
  return lines("linearizable", operations);
}

export const HOSTILE = '</script><script>document.title="owned"</script><img src=x onerror="document.title=1">';

/** Texts that would like to be HTML. */
export function hostile() {
  const text = HOSTILE;
  return lines("eventual", [
    { client: 0, kind: "write", key: text, value: text, start: 0, end: 1000, server: 0 },
    { client: 1, kind: "read", key: text, value: text, start: 1500, end: 2500, server: 1 },
    { client: 2, kind: "read", key: text, value: text, start: 5000, end: 6000, server: 0, final: true },
    { client: 3, kind: "read", key: text, value: null, start: 5000, end: 6000, server: 1, final: true },
  ]);
}

/** Every kind and fate, and positions in merged logs. */
export function kinds() {
  const ms = 1_000_000;
  const op = (client, kind, start, end, rest) => ({ client, kind, key: "stock", start: start * ms, end: end === null ? null : end * ms, server: client % 2, ...rest });
  return lines("linearizable", [
    op(0, "write", 0, 4, { value: "10", position: [1, 0] }),
    op(1, "cas", 5, 8, { from: "10", to: "9", ok: true, position: [2, 0] }),
    op(2, "cas", 6, 10, { from: "10", to: "8", ok: false, position: [2, 0] }),
    op(3, "write", 7, 12, { value: "99", refused: true }),
    op(4, "write", 9, null, { value: "7" }),
    op(0, "read", 400, 403, { value: "9", position: [2, 0] }),
    op(1, "read", 402, 407, { value: "7", position: [3, 0] }),
    op(5, "cas", 404, null, { from: "7", to: "6" }),
    op(2, "write", 410, 414, { value: null, position: [4, 0] }),
    op(0, "read", 415, 418, { value: null, position: [4, 0] }),
  ]);
}

/** A read that is refused after a wait of half the time. */
export function refusals() {
  const op = (client, kind, start, end, rest) => ({ client, kind, key: "x", start, end, ...rest });
  return lines("sequential", [
    op(0, "write", 0, 1_000_000, { value: "1" }),
    op(1, "read", 2_000_000, 102_000_000, { refused: true }),
    op(0, "write", 2_000_000, 3_000_000, { value: "2" }),
    op(0, "read", 103_000_000, 104_000_000, { value: "2" }),
  ]);
}

/** Three operations, and what two servers said at the quiet end. */
export function finals() {
  const op = (client, kind, start, rest) => ({ client, kind, key: "x", start, end: start + 10, value: "1", server: client % 2, ...rest });
  return lines("eventual", [
    op(0, "write", 0), op(1, "read", 20), op(1, "read", 40),
    op(2, "read", 100, { final: true }), op(3, "read", 100, { final: true }),
  ]);
}

/** Two servers of a merged keyspace, one of which answered once. */
export function lonely() {
  const op = (client, kind, start, position, rest) => ({ client, kind, key: "x", start, end: start + 10, value: "1", server: client, position, ...rest });
  return lines("causal", [
    op(1, "write", 0, { "2.1": 3 }, { entry: ["2.1", 3, 0, 7] }),
    op(0, "read", 20, { "1.1": 2, "2.1": 3 }),
    op(0, "read", 40, { "1.1": 4, "2.1": 3 }),
  ]);
}

/** Nothing at all. */
export const empty = () => lines("sequential", []);
