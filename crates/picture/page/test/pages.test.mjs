// Opens pages of histories from disk in a headless Chromium and uses them as a person would.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { empty, HOSTILE, hostile, kinds, long } from "./histories.mjs";
import { candor, costs, open, overflow, pages, pixels, root, settle, shoot, told } from "./page.mjs";

const named = join(root, "crates/history/tests/histories");
/** A frame that takes longer is felt. */
const FRAME_MS_MAX = 50;

/** Writes the page of a history; exit codes about verdicts are no failures here. */
function draw(name, history, args = []) {
  const html = join(pages, `${name}.html`);
  let file = history;
  if (history.includes("\n")) {
    file = join(pages, `${name}.jsonl`);
    writeFileSync(file, history);
  }
  const done = spawnSync(candor, ["check", ...args, "--html", html, file]);
  assert.ok([0, 3, 4].includes(done.status), `candor check: ${done.error ?? done.stderr}`);
  return html;
}

test("a stale read: the verdict, its sentence, the clash", async (t) => {
  const page = await open(t, draw("stale", join(named, "stale_read.jsonl")));
  assert.match(await page.textContent("h1"), /linearizable violated/);
  assert.match(await page.textContent(".clash"), /older 1/);
  assert.equal(await page.locator(".proof li").count(), 3);
  assert.match(await page.title(), /linearizable violated/);
  await shoot(page, "stale-light");
});

test("every named history has a page that says what the judge says", async (t) => {
  for (const name of ["long_fork", "answer_before_question", "final_reads_differ", "cas_chain", "unknown_write_comes_late"]) {
    const html = draw(name, join(named, `${name}.jsonl`));
    const page = await open(t, html, { theme: "dark" });
    const told = JSON.parse(spawnSync(candor, ["check", "--json", join(named, `${name}.jsonl`)]).stdout);
    for (const { level, verdict } of told.verdicts) {
      const rung = page.getByRole("button", { name: new RegExp(`^${level}( \\(ccv\\))?: ${verdict}`) });
      assert.equal(await rung.count(), 1, `${name}: ${level} ${verdict}`);
      await rung.click();
    }
    await shoot(page, `${name}-dark`);
  }
});

test("an answer without its question: the circle, and the reason of each link", async (t) => {
  for (const theme of ["light", "dark"]) {
    const page = await open(t, draw("question", join(named, "answer_before_question.jsonl"), ["--level", "causal"]), { theme });
    const links = await page.locator(".circle li b").allTextContents();
    assert.equal(links.length, 5);
    const names = links.map((link) => link.split(": ")[1]).sort();
    assert.deepEqual(names, ["overwritten", "program order", "program order", "reads from", "reads from"]);
    // Each link goes on where the one before it ended.
    const ends = links.map((link) => link.match(/^(\d+) before (\d+)/).slice(1));
    ends.forEach(([, to], at) => assert.equal(to, ends[(at + 1) % ends.length][0]));
    await shoot(page, `question-${theme}`);
  }
  const narrow = await open(t, draw("question", join(named, "answer_before_question.jsonl"), ["--level", "causal"]), { width: 390, height: 844 });
  assert.equal(await overflow(narrow), 0);
  await shoot(narrow, "question-390");
});

test("every kind of operation, in both themes and in the narrow", async (t) => {
  const html = draw("kinds", kinds());
  for (const theme of ["light", "dark"]) {
    const page = await open(t, html, { theme });
    await shoot(page, `kinds-${theme}`);
  }
  const narrow = await open(t, html, { width: 360, height: 740 });
  assert.equal(await overflow(narrow), 0);
  await shoot(narrow, "kinds-360");
});

test("no page is wider than a narrow screen", async (t) => {
  const clash = await open(t, draw("fork360", join(named, "long_fork.jsonl")), { width: 360, height: 740 });
  assert.equal(await overflow(clash), 0);
  await shoot(clash, "long_fork-360");
  const nothing = await open(t, draw("empty", empty()), { width: 360, height: 740 });
  assert.equal(await overflow(nothing), 0);
});

test("texts of strangers stay texts", async (t) => {
  const page = await open(t, draw("hostile", hostile()), { width: 360, height: 740 });
  assert.doesNotMatch(await page.title(), /owned/);
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.locator("script").count(), 2);
  assert.equal(await overflow(page), 0);
  assert.ok((await page.textContent("table")).includes(JSON.stringify(HOSTILE)));
  await shoot(page, "hostile-360");
});

test("the switch turns the theme, and so do the colours of the canvas", async (t) => {
  const page = await open(t, draw("theme", kinds()));
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [before, drawn] = [await ground(), await pixels(page)];
  await page.click(".theme");
  await settle(page);
  assert.notEqual(await ground(), before);
  assert.notEqual(await pixels(page), drawn);
  await page.click(".theme");
  assert.equal(await ground(), before);
});

test("the keyboard zooms, moves and walks", async (t) => {
  const page = await open(t, draw("keyboard", kinds()));
  await page.focus(".stage");
  const whole = await pixels(page);
  const press = async (key) => {
    await page.keyboard.press(key);
    await settle(page);
    return pixels(page);
  };
  const zoomed = await press("+");
  assert.notEqual(zoomed, whole);
  assert.notEqual(await press("ArrowRight"), zoomed);
  await press("ArrowLeft");
  assert.equal(await press("0"), whole);
  await press("n");
  const first = await page.textContent(".details h3");
  assert.match(first, /client 0 wrote stock = 10/);
  await press("n");
  assert.notEqual(await page.textContent(".details h3"), first);
  await press("p");
  assert.equal(await page.textContent(".details h3"), first);
  await press("o");
  assert.match(await page.textContent(".details"), /in the order2 of/);
  await press("Escape");
  assert.match(await page.textContent(".details"), /Choose an operation/);
});

test("everything can be reached by Tab", async (t) => {
  const page = await open(t, draw("tab", join(named, "stale_read.jsonl")));
  const reached = new Set();
  for (let at = 0; at < 40; at++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.className.split(" ")[0] || document.activeElement.tagName));
  }
  for (const one of ["theme", "rung", "stage", "INPUT", "SELECT", "SUMMARY"]) assert.ok(reached.has(one), `${one}: ${[...reached]}`);
});

test("the key filter dims what does not match", async (t) => {
  const page = await open(t, draw("filter", join(named, "long_fork.jsonl")));
  const all = await pixels(page);
  await page.fill("input[type=search]", "y");
  await settle(page);
  assert.notEqual(await pixels(page), all);
  assert.equal(await page.textContent(".found"), "3 match");
  await page.fill("input[type=search]", "");
  await settle(page);
  assert.equal(await pixels(page), all);
});

test("pointing at an operation tells about it; a click keeps it", async (t) => {
  const page = await open(t, draw("pointer", join(named, "stale_read.jsonl")));
  const stage = await page.locator(".stage").boundingBox();
  await page.mouse.move(stage.x + 140, stage.y + 55);
  await settle(page);
  assert.match(await page.textContent(".tip"), /client 0 wrote x = 1/);
  await page.mouse.down();
  await page.mouse.up();
  await settle(page);
  assert.match(await page.textContent(".details h3"), /client 0 wrote x = 1/);
});

test("ten thousand operations stay fluid", async (t) => {
  const page = await open(t, draw("long", long(10_000)), { motion: "no-preference" });
  assert.equal(await page.evaluate(() => JSON.parse(document.getElementById("data").textContent).counts.shown), 10_000);
  await shoot(page, "long");
  await page.locator(".stage").scrollIntoViewIfNeeded();
  const stage = await page.locator(".stage").boundingBox();
  assert.ok(stage.y + 205 < 900, "the pointer would be outside the window");
  const whole = await pixels(page);
  await page.mouse.move(stage.x + 500, stage.y + 200);
  const wheel = Array.from({ length: 30 }, (_, at) => () => page.mouse.wheel(0, at < 20 ? -120 : 120));
  const zooming = await costs(page, [() => page.mouse.move(stage.x + 505, stage.y + 205), ...wheel]);
  const zoomed = await pixels(page);
  assert.notEqual(zoomed, whole);
  await page.mouse.down();
  const dragging = await costs(page, Array.from({ length: 20 }, (_, at) => () => page.mouse.move(stage.x + 505 - at * 15, stage.y + 205)));
  await page.mouse.up();
  assert.notEqual(await pixels(page), zoomed);
  await shoot(page, "long-zoomed");
  const filtering = await costs(page, [() => page.fill("input[type=search]", "user:3")]);
  t.diagnostic(`zoom: ${told(zooming)}`);
  t.diagnostic(`drag: ${told(dragging)}`);
  t.diagnostic(`filter: ${told(filtering)}`);
  // Two frames are drawn at least while a step is waited for.
  for (const all of [zooming, dragging, filtering]) assert.ok(all.at(-1) < 2 * FRAME_MS_MAX, told(all));
});

test("what is too long is cut to the clash, and the page says so", async (t) => {
  const page = await open(t, draw("cut", long(30_000, true), ["--level", "linearizable"]));
  assert.match(await page.textContent(".cut"), /operations are drawn: 1 window around what clashes/);
  assert.match(await page.textContent(".clash"), /older/);
  await shoot(page, "cut");
});
