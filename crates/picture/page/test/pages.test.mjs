// Opens pages of histories from disk in a headless Chromium and uses them as a person would.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { empty, finals, HOSTILE, hostile, kinds, long, lonely, refusals } from "./histories.mjs";
import { candor, collisions, costs, drawn, facts, ink, open, overflow, overprints, pages, pixels, root, settle, shoot, told } from "./page.mjs";

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
  assert.match(await page.textContent(".banner .why"), /client 3's read began 41 ms after client 1's write of "2" .* the older "1"/);
  const body = await page.locator("main").innerText();
  assert.equal(body.split("and returned the older").length, 2, "the clash is told once");
  assert.equal(await page.locator(".proof li").count(), 3);
  assert.match(await page.textContent(".proof li"), /client 0 wrote "x" = "1"/);
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

test("where nothing was promised the page says what the judge says, and what holds all the same", async (t) => {
  const page = await open(t, draw("unpromised", join(named, "answer_before_question.jsonl")));
  assert.equal(await page.textContent("h1"), "linearizable violated");
  assert.equal(await page.textContent(".banner .met"), "Nothing was promised, so this level decides; the strongest level that holds is pram.");
});

test("an answer without its question: the cycle, and the reason of each link", async (t) => {
  for (const theme of ["light", "dark"]) {
    const page = await open(t, draw("question", join(named, "answer_before_question.jsonl"), ["--level", "causal"]), { theme });
    const links = await page.locator(".cycle li b").allTextContents();
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
  assert.match(first, /client 0 wrote "stock" = "10"/);
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
  await page.locator(".stage").scrollIntoViewIfNeeded();
  const stage = await page.locator(".stage").boundingBox();
  await page.mouse.move(stage.x + 140, stage.y + 55);
  await settle(page);
  assert.match(await page.textContent(".tip"), /client 0 wrote "x" = "1"/);
  await page.mouse.down();
  await page.mouse.up();
  await settle(page);
  assert.match(await page.textContent(".details h3"), /client 0 wrote "x" = "1"/);
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
  assert.match(await page.textContent(".banner .why"), /older/);
  await shoot(page, "cut");
});

test("a long fork has the sentence that a person would say", async (t) => {
  const page = await open(t, draw("fork", join(named, "long_fork.jsonl")));
  await page.getByRole("button", { name: /^sequential: violated/ }).click();
  await settle(page);
  const sentence = 'client 2 saw "1" in "x" before "1" in "y"; client 3 saw "1" in "y" before "1" in "x"';
  assert.equal(await page.textContent(".told .why"), sentence);
  assert.equal((await page.locator("main").innerText()).split(sentence).length, 2, "once");
});

test("no word lies on another in any drawing, however wide", async (t) => {
  const names = ["long_fork", "answer_before_question", "stale_read", "cas_in_a_cycle", "cc_not_ccv_nor_cm", "opposite_orders"];
  const all = [...names.map((name) => draw(`words-${name}`, join(named, `${name}.jsonl`))), draw("words-kinds", kinds())];
  for (const count of [60, 240]) all.push(draw(`words-${count}`, long(count)));
  for (const html of all) {
    for (const width of [1400, 390]) {
      const page = await open(t, html, { width, height: 844 });
      assert.deepEqual(await overprints(page), [], `${html} at ${width}`);
      assert.deepEqual(await collisions(page), [], `${html} at ${width}`);
      for (const rung of await page.locator(".rung.violated, .rung.holds").all()) {
        await rung.click();
        await settle(page);
        assert.deepEqual(await overprints(page), [], `${html} at ${width}, ${await rung.textContent()}`);
      }
      await page.close();
    }
  }
});

test("an order is drawn where it has room, and numbered in every lane once one looks closer", async (t) => {
  const page = await open(t, draw("order-240", long(240)), { width: 1180 });
  assert.match(await page.textContent(".hint"), /no room for a line/);
  for (let at = 0; at < 6; at++) await page.getByRole("button", { name: "Zoom in" }).click();
  await settle(page);
  assert.equal(await page.textContent(".hint"), "");
  assert.deepEqual(await overprints(page), []);
  await shoot(page, "order-240");
});

test("what was refused after a long wait is folded", async (t) => {
  const page = await open(t, draw("refusals", refusals()));
  const texts = (await drawn(page))[0];
  const at = (text) => texts.find((one) => one.text === text).x0;
  assert.ok(at("101 ms") - at("3 ms") < 120, "its ends stay, and its 98 ms take less room than one that is done");
  assert.match((await page.locator(".legend").allTextContents())[1], /folded: nothing happens, or somebody waits to be refused/);
});

test("final reads are counted apart", async (t) => {
  const page = await open(t, draw("finals", finals()));
  const told = await facts(page);
  assert.equal(told.operations, "3");
  assert.equal(told["final reads"], "2");
  assert.equal(told.clients, "2");
});

test("a server that answered once is there to be seen", async (t) => {
  const page = await open(t, draw("lonely", lonely()));
  // Below the names of the servers, which have the same colours.
  assert.ok((await ink(page, "read", ".positions canvas", 16)) > 10, "its dot");
  assert.match(await page.textContent("#servers .note"), /Each dot is an answer/);
});

test("all that was judged is violated: that is said", async (t) => {
  const none = ["linearizable", "sequential", "causal", "cm", "cc", "pram", "wfr", "mw", "ryw", "mr", "eventual"];
  const html = draw("nothing-holds", finals());
  const text = readFileSync(html, "utf8");
  const at = text.indexOf('id="data">') + 10;
  const data = JSON.parse(text.slice(at, text.indexOf("</script", at)));
  data.rulings = none.map((level) => ({ level, word: "violated", why: `${level} is`, notes: [], clash: [], clash_total: 0, cycle: [], orders: [], orders_left_out: 0 }));
  data.promised = "eventual";
  writeFileSync(html, text.slice(0, at) + JSON.stringify(data).replaceAll("<", "\\u003c") + text.slice(text.indexOf("</script", at)));
  const page = await open(t, html);
  assert.match(await page.textContent(".met"), /every level that was judged is violated/);
});

test("signs and short names have a legend", async (t) => {
  const page = await open(t, draw("legend", join(named, "answer_before_question.jsonl"), ["--level", "causal"]));
  const told = await page.locator(".legend").allTextContents();
  for (const word of ["not checked", "violated", "the upper implies the lower", "ccv causal convergence", "ryw read your writes", "pram pipelined memory"]) {
    assert.ok(told[0].includes(word), `${word}: ${told[0]}`);
  }
  for (const word of ["clash", "click a bar"]) assert.ok(told[1].includes(word), `${word}: ${told[1]}`);
});

test("places in logs are told by server and by node", async (t) => {
  const page = await open(t, draw("places", lonely()));
  await page.focus(".stage");
  await page.keyboard.press("n");
  await settle(page);
  assert.match(await page.textContent(".details"), /server 1 \(node 2\): 3/);
});
