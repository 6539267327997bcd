// Opens pages of levels side by side whose data no run on this machine would give: promises that
// were broken, runs that failed, long names, latencies from nanoseconds to minutes.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HOSTILE } from "./histories.mjs";
import { collisions, open, overflow, pages, root, shoot } from "./page.mjs";

const BUILT = readFileSync(join(root, "crates/picture/page/dist/picture.html"), "utf8");
const LONG = "scenarios/a-name-that-somebody-gave-without-thinking-of-narrow-screens/and-another-one.json";

/** Writes a page of these columns. */
function draw(name, columns, rest = {}) {
  const data = {
    candor_comparison: 1, version: "0.1.0", title: "a, b", word: "violated", headline: "causal violated, sequential not run",
    sentence: `${LONG} at causal, b.json at sequential: equal but for the level`, facts: [["servers", "3"]], seed: "7",
    command: `candor run --seed 7 ${LONG}`, troubles: ["b at sequential: server 1 did not start"], own_levels: true, columns, ...rest,
  };
  const html = join(pages, `${name}.html`);
  writeFileSync(html, BUILT.replace('"the data"', () => JSON.stringify(data).replaceAll("<", "\\u003c")));
  return html;
}

function kind(name, bins, done = bins.reduce((sum, [, count]) => sum + count, 0), refused = 0) {
  const figures = ["mean", "p50", "p99", "max"].map((name) => ({ name, text: "123456.789 ms", ns: 1 }));
  return { name, done, refused, unknown: 0, longest_gap: "4000.000 ms", figures, bins_per_decade: 16, bins };
}

function column(level, more = {}) {
  return {
    name: `a at ${level}`, file: LONG, level, word: "holds", held: level, showings: [], run_count: 1,
    throughput: { text: "1094/s", per_s: 1094, slept_percent: null }, kinds: [kind("write", [[100, 4]])],
    runs: [{ run: 1, picture: ["20261129-a b#c", "report.html"] }], ...more,
  };
}

const broken = {
  level: "causal", word: "broken", text: `causal was promised, and this run broke it: ${HOSTILE}`,
  exhibit: {
    run: { run: 1, picture: ["20261129-a", "report.html"] }, left_out: 3,
    operations: [
      { text: `client 0 write ${HOSTILE}=1 at server 0`, when: "from 0.000 to 1.000 ms", from: 0, to: 1e6 },
      { text: "client 1 write a=2 at server 1", when: "from 5.000 to unknown ms", from: 5e6, to: null },
      { text: "client 2 read a=1 at server 2", when: "from 8.000 to 8.000 ms", from: 8e6, to: 8e6 },
    ],
  },
};

/** Everything that can stand in such a page. */
const all = () => [
  column("causal", {
    word: "violated", held: "eventual; linearizable is undecided in 2 of 20 runs", showings: [
      broken,
      { level: "sequential", word: "nothing", text: "this run showed nothing that sequential forbids", exhibit: null },
      { level: "linearizable", word: "undecided", text: "undecided whether this run showed what linearizable forbids: its budget of time is spent", exhibit: null },
    ],
    // From a nanosecond to half an hour.
    kinds: [kind("write", [[0, 1], [60, 9], [180, 2], [196, 1]], undefined, 5), kind("read", [[70, 100_000]]), kind("cas", [], 0, 3)],
    run_count: 130, runs: Array.from({ length: 100 }, (_, at) => ({ run: at + 1, picture: [`r${at}`, "report.html"] })),
  }),
  column("sequential", { word: "not run", held: "nothing is known: no run came to its end", kinds: [kind("write", [], 0)], run_count: 0, runs: [], throughput: { text: "–", per_s: null, slept_percent: null } }),
  column("eventual", { word: "undecided", throughput: { text: "3.2/s asleep", per_s: 3.2, slept_percent: 93 } }),
];

test("whatever the levels did: nothing lies on anything, at any width, in both themes", async (t) => {
  const html = draw("levels", all());
  for (const theme of ["light", "dark"]) {
    for (const width of [360, 390, 700, 830, 1180]) {
      const page = await open(t, html, { width, height: 844, theme });
      assert.equal(await overflow(page), 0, `${width}`);
      assert.deepEqual(await collisions(page), [], `${width}`);
      await shoot(page, `levels-all-${width}-${theme}`);
    }
  }
});

test("broken, nothing and undecided are told apart, and what was refused is counted apart", async (t) => {
  const page = await open(t, draw("levels-words", all()));
  assert.match(await page.title(), /causal violated, sequential not run/);
  const words = await page.locator(".showing").evaluateAll((all) => all.map((one) => [one.className, one.querySelector(".icon").classList[1]]));
  assert.deepEqual(words, [["showing broken", "violated"], ["showing nothing", "unchecked"], ["showing undecided", "undecided"]]);
  assert.equal(await page.locator(".exhibit li").count(), 3);
  assert.match(await page.textContent(".exhibit"), /and 3 more operations/);
  const tracks = await page.locator(".exhibit .track").evaluateAll((all) => all.map((one) => {
    const [track, bar] = [one.getBoundingClientRect(), one.firstChild.getBoundingClientRect()];
    return bar.width >= 2.5 && bar.left >= track.left - 0.5 && bar.right <= track.right + 0.5;
  }));
  assert.deepEqual(tracks, [true, true, true], "every operation is to be seen");
  assert.match(await page.textContent(".kind.write"), /refused5/);
  assert.match(await page.textContent(".kind.cas"), /refused3.*None was done/);
  assert.equal(await page.locator(".rate").count(), 1, "neither sleepers nor who did not run have a bar");
  assert.match(await page.textContent("#throughput"), /Clients slept 93 % of their time/);
  assert.match(await page.textContent(".level"), /and 30 more runs/);
});

test("names of strangers are neither markup nor a way out", async (t) => {
  const page = await open(t, draw("levels-hostile", [column("causal", { showings: [broken], name: HOSTILE, file: HOSTILE }), column("eventual")]), { width: 390 });
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.locator("script").count(), 2);
  assert.equal(await overflow(page), 0);
  const hrefs = await page.locator("a").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
  assert.ok(hrefs.includes("./20261129-a%20b%23c/report.html"), `${hrefs}`);
});
