// Opens message diagrams of simulated worlds in a headless Chromium.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { candor, costs, ink, open, overflow, overprints, pages, pixels, settle, shoot, told } from "./page.mjs";

/** Writes the diagram of a world. */
function draw(name, ...args) {
  const html = join(pages, `${name}.html`);
  const done = spawnSync(candor, ["sim", ...args, "--html", html]);
  assert.ok([0, 3].includes(done.status), `candor sim: ${done.error ?? done.stderr}`);
  return html;
}

const data = (page) => page.evaluate(() => JSON.parse(document.getElementById("data").textContent));

/** The first world in which the judge itself finds a sabotage. */
async function judged(t, options) {
  for (let seed = 1; seed < 60; seed++) {
    const html = draw(`sabotage-${seed}`, "--seed", String(seed), "--sabotage", "stale-answers", "--no-shrink");
    const page = await open(t, html, options);
    const world = await data(page);
    if (world.judgements.some((one) => one.cycle.length > 0)) return { html, page, world };
  }
  assert.fail("the judge finds no sabotage");
}

test("a world that breaks a promise opens at the clash", async (t) => {
  const { html, page, world } = await judged(t);
  assert.match(await page.textContent("h1"), / violated$/);
  assert.match(await page.textContent(".again code"), /^candor sim --seed \d+ --sabotage stale-answers$/);
  const clash = world.judgements[world.framed];
  assert.ok(clash.clash.length > 0);
  assert.equal(await page.textContent(".banner .why"), clash.lines[0], "what is framed is what the headline tells");
  assert.equal(await page.locator("p.clash").isVisible(), false, "it is told once");
  assert.equal(await page.locator("#messages ol.proof:not(.happenings) li").count(), clash.clash.length);
  assert.ok((await ink(page, "bad")) > 200, "the clash is framed");
  await shoot(page, "world-clash-light");
  const whole = await pixels(page);
  await page.getByRole("button", { name: "Show everything" }).click();
  await settle(page);
  assert.notEqual(await pixels(page), whole);
  await page.focus(".stage");
  await page.keyboard.press("c");
  await settle(page);
  assert.equal(await pixels(page), whole, "c brings the clash back");
  await shoot(await open(t, html, { theme: "dark" }), "world-clash-dark");
  const narrow = await open(t, html, { width: 390, height: 844 });
  assert.equal(await overflow(narrow), 0);
  await shoot(narrow, "world-clash-390");
});

test("a world that was shrunk is drawn shrunk", async (t) => {
  const page = await open(t, draw("shrunk", "--seeds", "40", "--sabotage", "stale-answers"), { width: 390, height: 844 });
  const world = await data(page);
  assert.match(world.command, /--only .*--operations \d+ --sabotage stale-answers$/);
  assert.equal(await page.textContent(".again code"), world.command);
  assert.equal(await overflow(page), 0);
  await shoot(page, "world-shrunk-390");
});

test("a world that keeps its promises shows what was said and what broke", async (t) => {
  const page = await open(t, draw("kept", "--seed", "3"));
  const world = await data(page);
  assert.match(await page.textContent("h1"), /every promise was kept/);
  assert.equal(world.counts.messages_shown, world.counts.messages);
  assert.equal(await page.locator(".verdicts li").count(), world.judgements.length);
  const opened = await pixels(page);
  await page.getByRole("button", { name: "Show everything" }).click();
  await settle(page);
  const whole = await pixels(page);
  assert.notEqual(whole, opened);
  await page.getByText("Heartbeats and the like").click();
  await settle(page);
  assert.notEqual(await pixels(page), whole, "heartbeats are drawn");
  await page.getByText("What happens in view").click();
  await settle(page);
  assert.ok((await page.locator(".happenings li").count()) > 3);
  await page.locator(".happenings li button").first().click();
  await settle(page);
  assert.equal(await page.textContent(".details h3"), await page.textContent(".happenings li span"));
  await shoot(page, "world-kept");
});

test("every message, crash and fault of a world can be reached by keys", async (t) => {
  const page = await open(t, draw("keys", "--seed", "5"));
  await page.focus(".stage");
  const seen = new Set();
  for (let at = 0; at < 12; at++) {
    await page.keyboard.press("n");
    await settle(page);
    seen.add(await page.textContent(".details h3"));
  }
  assert.ok(seen.size >= 6, [...seen].join("; "));
  const before = await pixels(page);
  for (const key of ["+", "ArrowRight", "ArrowDown", "-", "0"]) await page.keyboard.press(key);
  await settle(page);
  assert.notEqual(await pixels(page), before);
  await page.keyboard.press("Escape");
  await settle(page);
  assert.match(await page.textContent(".details"), /Choose a message/);
});

test("pointing at an arrow tells what it says", async (t) => {
  const page = await open(t, draw("pointing", "--seed", "3"));
  await page.locator(".stage").scrollIntoViewIfNeeded();
  // Where an arrow lies is found by looking for one: from the middle of the stage to its right.
  const stage = await page.locator(".stage").boundingBox();
  let tip = "";
  for (let y = 60; y < 220 && !/→.*:/.test(tip); y += 24) {
    for (let x = 90; x < stage.width && !/→.*:/.test(tip); x += 7) {
      await page.mouse.move(stage.x + x, stage.y + y);
      tip = (await page.locator(".tip").isVisible()) ? await page.textContent(".tip strong") : "";
    }
  }
  assert.match(tip, /^node \d → node \d: /);
  await page.mouse.down();
  await page.mouse.up();
  await settle(page);
  assert.equal(await page.textContent(".details h3"), tip);
});

test("a whole world stays fluid", async (t) => {
  const page = await open(t, draw("fluid", "--seed", "2"), { motion: "no-preference" });
  await page.getByText("Heartbeats and the like").click();
  await page.getByRole("button", { name: "Show everything" }).click();
  await page.locator(".stage").scrollIntoViewIfNeeded();
  const stage = await page.locator(".stage").boundingBox();
  await page.mouse.move(stage.x + 400, stage.y + 100);
  const wheel = Array.from({ length: 24 }, (_, at) => () => page.mouse.wheel(0, at < 14 ? -120 : 120));
  const zooming = await costs(page, [() => page.mouse.move(stage.x + 405, stage.y + 105), ...wheel]);
  t.diagnostic(`${(await data(page)).counts.messages} messages; ${told(zooming)}`);
  assert.ok(zooming.at(-1) < 100, told(zooming));
});

test("what broke is told in words, and the operation that it names is the one that is framed", async (t) => {
  let framed = 0;
  for (const seed of [1, 2, 5, 7]) {
    const page = await open(t, draw(`words-${seed}`, "--seed", String(seed), "--sabotage", "stale-answers", "--no-shrink"));
    const text = await page.locator("main").innerText();
    assert.doesNotMatch(text, /\w+ \{ ?\w+:|Some\(|b"/, "nobody reads the fields of a structure");
    const { judgements } = await data(page);
    for (const { lines, clash } of judgements.filter(({ level, word }) => word === "violated" && level.startsWith("explained"))) {
      const name = lines[0].match(/^(client \d+), node \d+: (.*?) (saw|left|did not)/);
      await page.getByRole("button", { name: "Show its clash" }).first().click();
      await settle(page);
      const listed = await page.locator("#messages ol.proof:not(.happenings) li").allTextContents();
      assert.equal(listed.length, clash.length);
      if (name) assert.ok(listed.some((row) => row.includes(`as ${name[1].slice(7)}, `) && row.includes(name[2])), `${lines[0]}: ${listed}`);
      framed++;
    }
  }
  assert.ok(framed > 0, "some invariant that is told by certificates is broken");
});

test("in a framed bar stand the words of its own operation, also where its client did not wait", async (t) => {
  let read = 0;
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const page = await open(t, draw(`framed-${seed}`, "--seed", String(seed), "--sabotage", "stale-answers"));
    const listed = await page.locator("#messages ol.proof:not(.happenings) li").allTextContents();
    const texts = await page.locator(".stage canvas").evaluate(({ texts }) => texts);
    listed.forEach((row, at) => {
      const number = texts.find(({ text }) => text === String(at + 1));
      const begins = ({ x0, y0 }) => x0 > number.x0 && x0 < number.x0 + 24 && y0 > number.y0 && y0 < number.y1 + 16;
      const words = number ? texts.filter((one) => /^[A-Z]{3,} /.test(one.text) && begins(one)) : [];
      for (const { text } of words) assert.ok(row.includes(text.split(" → ")[0]), `seed ${seed}: ${text} stands in the frame of: ${row}`);
      read += words.length;
    });
  }
  assert.ok(read > 2, "some framed bars have words");
});

test("no word of a diagram lies on another, however much of it is seen", async (t) => {
  for (const [name, ...options] of [["kept", "--seed", "3"], ["lies", "--seed", "2", "--sabotage", "stale-answers", "--no-shrink"]]) {
    const html = draw(`overprint-${name}`, ...options);
    for (const width of [1400, 390]) {
      const page = await open(t, html, { width });
      assert.deepEqual(await overprints(page), [], `${name} at ${width}`);
      for (let at = 0; at < 3; at++) {
        await page.getByRole("button", { name: "Zoom in" }).click();
        await settle(page);
        assert.deepEqual(await overprints(page), [], `${name} at ${width}, zoomed ${at + 1}`);
      }
      await page.getByRole("button", { name: "Show everything" }).click();
      await settle(page);
      assert.deepEqual(await overprints(page), [], `all of ${name} at ${width}`);
    }
  }
});

test("a merged world says what its leader leads", async (t) => {
  const page = await open(t, draw("merged", "--seed", "1", "--sabotage", "stale-answers", "--no-shrink"));
  assert.match((await data(page)).facts.find(([name]) => name === "world")[1], /^merged/);
  assert.match(await page.textContent(".legend"), /leads the agreed log, which here settles who is a member/);
  assert.match(await page.textContent("#verdicts"), /Certificates: .*its server 0 is node 1/);
});
