// Opens the pages that runs of real processes leave.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { candor, ink, open, overflow, pages, pixels, root, settle, shoot } from "./page.mjs";

/** Runs a shipped scenario; gives the page that it leaves. */
function run(...file) {
  const done = spawnSync(candor, ["run", "--json", join(root, ...file)], { cwd: pages, encoding: "utf8" });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return join(pages, JSON.parse(done.stdout).runs.at(-1).directory, "report.html");
}

test("a run with faults shows them as bands and as a list, and its vectors", async (t) => {
  const html = run("scenarios", "slow-link.json");
  const page = await open(t, html);
  assert.match(await page.textContent("h1"), /causal holds/);
  assert.ok((await ink(page, "doubt")) > 20, "the bands have edges");
  await page.locator(".faults summary").click();
  await settle(page);
  assert.match(await page.textContent(".faults li"), /.+, (for|to the end|at once over)/);
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
  const page = await open(t, run("test", "t3.json"));
  assert.equal(await page.locator(".positions canvas").count(), 1);
  assert.equal(await page.locator(".faults").count(), 0);
  const seed = await page.locator(".facts dd").last().textContent();
  assert.match(await page.textContent(".again code"), new RegExp(`^candor run --seed ${seed} .*t3\\.json$`));
});
