// Opens the pages that runs of real processes leave.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { candor, collisions, facts, ink, open, overflow, overprints, pages, pixels, root, settle, shoot } from "./page.mjs";

/** Runs scenarios; gives the document that is printed. */
function document(...words) {
  const done = spawnSync(candor, ["run", "--json", ...words], { cwd: pages, encoding: "utf8" });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return JSON.parse(done.stdout);
}

/** Runs a shipped scenario; gives the page that it leaves, and what the runner says of it. */
function ran(...file) {
  const summary = document(join(root, ...file)).runs.at(-1);
  return { html: join(pages, summary.directory, "report.html"), summary };
}

/** Runs a shipped scenario; gives the page that it leaves. */
const run = (...file) => ran(...file).html;

test("the headline says what the file set out to show, and it is drawn at once", async (t) => {
  const { html, summary } = ran("scenarios", "minority-reader.json");
  const page = await open(t, html);
  const headline = await page.textContent("h1");
  assert.match(headline, /^sequential holds\. The reader goes on at once .* So linearizable is violated, as the file says\.$/);
  assert.equal(await page.locator("select option:checked").textContent(), "clash with linearizable");
  assert.ok((await ink(page, "bad")) > 200, "the clash is framed");
  assert.ok(await page.getByRole("button", { name: /^linearizable: violated/, pressed: true }).isVisible());
  const { why } = summary.other_levels.find(({ level }) => level === "linearizable");
  assert.equal(await page.textContent(".banner .why"), why);
  assert.equal((await page.locator("main").innerText()).split(why).length, 2, "the clash is told once");
  assert.deepEqual(await overprints(page), []);
  await shoot(page, "point-light");
  const narrow = await open(t, html, { width: 390, height: 844, theme: "dark" });
  assert.equal(await overflow(narrow), 0);
  assert.deepEqual(await overprints(narrow), []);
  await shoot(narrow, "point-390");
});

test("lines show where servers stood, a page drawn anew has them too", async (t) => {
  const { html } = ran("scenarios", "minority-reader.json");
  const page = await open(t, html);
  const standings = (page) => page.evaluate(() => JSON.parse(document.getElementById("data").textContent).standings);
  const told = await standings(page);
  const last = (name, before) => Math.max(...told.filter(({ server }) => server === name).flatMap(({ at, height }) => height.filter((_, point) => at[point] < before)));
  // The write of the other side came at 600 ms; server 2 was cut off for long after that.
  assert.ok(last("2", 1.2e9) < last("0", 1.2e9), "the server that is cut off stands lower");
  assert.match(await page.textContent("#servers .note"), /Lines join/);
  // The colour of server 1, which nobody asked: what is drawn of it is its key and its line.
  assert.ok((await ink(page, "read", ".positions canvas", 30)) > 40, "its line is drawn");
  const anew = join(pages, "anew.html");
  const done = spawnSync(candor, ["check", "--html", anew, join(dirname(html), "history.jsonl")], { encoding: "utf8" });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  assert.deepEqual(await standings(await open(t, anew)), told);
});

test("the page and the terminal count alike", async (t) => {
  const { html, summary } = ran("scenarios", "two-sides.json");
  const page = await open(t, html);
  const told = await facts(page);
  const total = (what) => ["write", "read", "cas"].reduce((sum, kind) => sum + summary.figures[kind][what], 0);
  assert.equal(Number(told.operations), total("operations"));
  assert.equal(Number(told.refused ?? 0), total("refused"));
  assert.equal(Number(told.unknown ?? 0), total("unknown"));
  assert.equal(parseInt(told.clients, 10), summary.clients);
  assert.equal(Number(told.servers), summary.servers);
  const { client_numbers, agreed_on, rounds } = summary.quiet_end;
  assert.ok(Number(told["final reads"]) >= client_numbers.length * agreed_on.length, `${rounds} rounds`);
  assert.deepEqual(await overprints(page), []);
});

test("a run with faults shows them as bands and as a list, and its vectors", async (t) => {
  const html = run("scenarios", "slow-link.json");
  const page = await open(t, html);
  assert.match(await page.textContent("h1"), /causal holds/);
  assert.ok((await ink(page, "doubt")) > 20, "the bands have edges");
  await page.locator(".faults summary").click();
  await settle(page);
  assert.match(await page.textContent(".faults li"), /.+, (for|to the end|at once over)/);
  // The slow link is there before anybody asks.
  assert.match(await page.textContent(".faults li"), /ms before the first operation/);
  for (const _ of [1, 2, 3]) await page.getByRole("button", { name: "Zoom in" }).click();
  await settle(page);
  const before = await pixels(page);
  await page.locator(".faults li button").first().click();
  await settle(page);
  assert.notEqual(await pixels(page), before, "a fault can be looked at");
  // One chart for all logs, and one for each server that wrote.
  assert.equal(await page.locator(".positions canvas").count(), 3);
  assert.equal(await page.locator(".vectors h3").count(), 2);
  await shoot(page, "run-faults");
  const narrow = await open(t, html, { width: 390, height: 844, theme: "dark" });
  assert.equal(await overflow(narrow), 0);
  await shoot(narrow, "run-faults-390");
});

test("a run of an agreed keyspace shows one log, its seed and the command", async (t) => {
  const page = await open(t, run("test", "t2.json"));
  assert.equal(await page.locator(".positions canvas").count(), 1);
  assert.equal(await page.locator(".faults").count(), 0);
  const seed = await page.locator(".facts dd").last().textContent();
  assert.match(await page.textContent(".again code"), new RegExp(`^candor run --seed ${seed} .*t2\\.json$`));
});

test("files that are equal but for their level have one page, and each run is a link away", async (t) => {
  const files = ["t1-1", "t1-2", "t1-3"].map((name) => join(root, "test", `${name}.json`));
  const { side_by_side, runs } = document(...files);
  assert.equal(side_by_side.length, 1);
  const page = await open(t, join(pages, side_by_side[0].page));
  assert.equal(await page.locator(".level").count(), 3);
  assert.deepEqual(await page.locator(".kind > h3").allTextContents(), ["write", "read"]);
  assert.equal(await page.locator(".kind .drawing svg").count(), 6);
  // What the page says is what the document says.
  const { levels } = side_by_side[0];
  assert.deepEqual(await page.locator(".level dd:nth-of-type(1)").allTextContents(), levels.flatMap(({ verdict, held }, at) => [verdict, held, "of this run"]));
  assert.deepEqual(await page.locator(".showing > p").allTextContents(), levels.flatMap(({ showed }) => showed.map(({ text }) => text)));
  for (const [at, { directory }] of runs.entries()) {
    const link = page.locator(".level a").nth(at);
    assert.equal(await link.evaluate((a) => a.href), pathToFileURL(join(pages, directory, "report.html")).href);
  }
  await page.reload();
  await settle(page);
  assert.equal(await page.locator(".kind .drawing svg").count(), 6, "a reload loses nothing");
  await shoot(page, "levels-light");
  const narrow = await open(t, join(pages, side_by_side[0].page), { width: 390, height: 844, theme: "dark" });
  assert.equal(await overflow(narrow), 0);
  assert.deepEqual(await collisions(narrow), []);
  await shoot(narrow, "levels-390");
});

test("one file at two levels: what the weaker one showed", async (t) => {
  const { side_by_side } = document("--level", "linearizable", "--level", "sequential", join(root, "scenarios", "minority-reader.json"));
  const page = await open(t, join(pages, side_by_side[0].page));
  assert.match(await page.textContent(".showing.shown > p"), /^linearizable forbids what this run showed: /);
  assert.equal(await page.locator(".exhibit li").count(), 3);
  assert.match(await page.textContent("#throughput"), /Clients slept \d+ % of their time/);
  assert.equal(await page.locator(".rate").count(), 0, "the pace of sleepers has no bar");
  await shoot(page, "levels-shown");
});
