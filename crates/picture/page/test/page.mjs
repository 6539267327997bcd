// Opens pages, and fails a test whose page complains or asks for anything but itself.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, "../../../..");
export const candor = process.env.CANDOR ?? join(root, "target/release/candor");
const shots = join(here, "shots");

let browser;
/** Where the pages of one file of tests are; it is there once the tests run. */
export let pages;

before(async () => {
  mkdirSync(shots, { recursive: true });
  pages = mkdtempSync(join(tmpdir(), "candor-picture-"));
  browser = await launch(join(pages, "profile"));
});

after(async () => {
  await browser?.close();
  rmSync(pages, { recursive: true, force: true });
});

export async function open(t, html, { width = 1180, height = 900, theme = "light", motion = "reduce" } = {}) {
  const page = await browser.newPage();
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme, reducedMotion: motion });
  await page.addInitScript(watchTexts);
  const complaints = [];
  const url = pathToFileURL(html).href;
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => request.url() !== url && complaints.push(`request: ${request.url()}`));
  await page.goto(url);
  await settle(page);
  t.after(async () => {
    await page.close();
    assert.deepEqual(complaints, []);
  });
  return page;
}

/** Waits until what was asked for is drawn. */
export const settle = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
export const shoot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
/** A hash of the pixels of the stage, to tell whether they changed. */
export const pixels = (page) =>
  page.evaluate(() => {
    let hash = 0;
    for (const c of document.querySelector(".stage canvas").toDataURL()) hash = (Math.imul(hash, 31) + c.charCodeAt(0)) | 0;
    return hash;
  });
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/**
 * Pairs of texts that lie on each other, HTML and SVG alike, but for what is there for screen
 * readers alone.
 */
export const collisions = (page) =>
  page.evaluate(() => {
    const texts = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { currentNode: node } = walker;
      if (!node.textContent.trim() || node.parentElement.closest("script, style, noscript, .sr, [hidden]")) continue;
      // What a closed list holds has a place, and is not there to be seen.
      if (!node.parentElement.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 0) texts.push({ text: node.textContent, box });
    }
    const SLACK = 1;
    const meet = (a, b) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > SLACK && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > SLACK;
    return texts.flatMap((one, at) => texts.slice(at + 1).filter((other) => meet(one.box, other.box)).map((other) => `${one.text} × ${other.text}`));
  });

/**
 * Keeps, for every canvas, the texts of its last drawing with their boxes, as far as the clip shows
 * them.
 */
function watchTexts() {
  const pen = CanvasRenderingContext2D.prototype;
  const everything = { x0: -Infinity, y0: -Infinity, x1: Infinity, y1: Infinity };
  const meet = (a, b) => ({ x0: Math.max(a.x0, b.x0), y0: Math.max(a.y0, b.y0), x1: Math.min(a.x1, b.x1), y1: Math.min(a.y1, b.y1) });
  const before = (name, act) => {
    const real = pen[name];
    pen[name] = function (...args) {
      this.clips ??= [everything];
      act(this, ...args);
      return real.apply(this, args);
    };
  };
  before("clearRect", (one) => ((one.canvas.texts = []), (one.canvas.rects = [])));
  before("fillRect", (one, x, y, width, height) => one.canvas.rects?.push({ x0: x, y0: y, x1: x + width, y1: y + height }));
  before("save", (one) => one.clips.push(one.clips.at(-1)));
  before("restore", (one) => one.clips.length > 1 && one.clips.pop());
  before("rect", (one, x, y, width, height) => (one.path = { x0: x, y0: y, x1: x + width, y1: y + height }));
  before("clip", (one) => (one.clips[one.clips.length - 1] = meet(one.clips.at(-1), one.path)));
  before("fillText", (one, text, x, y, most = Infinity) => {
    const size = one.measureText(text);
    const squeeze = Math.min(1, most / size.width);
    const box = { x0: x - size.actualBoundingBoxLeft * squeeze, y0: y - size.actualBoundingBoxAscent, x1: x + size.actualBoundingBoxRight * squeeze, y1: y + size.actualBoundingBoxDescent };
    const shown = meet(one.clips.at(-1), box);
    if (shown.x1 > shown.x0 && shown.y1 > shown.y0) one.canvas.texts?.push({ text, ...shown });
  });
}

/** The texts of the drawings of a page. */
export const drawn = (page) => page.evaluate(() => [...document.querySelectorAll("canvas")].map((canvas) => canvas.texts ?? []));

/** Pairs of texts inside one drawing that lie on each other. */
export async function overprints(page) {
  const SLACK = 0.75;
  const meet = (a, b) => Math.min(a.x1, b.x1) - Math.max(a.x0, b.x0) > SLACK && Math.min(a.y1, b.y1) - Math.max(a.y0, b.y0) > SLACK;
  return (await drawn(page)).flatMap((texts) =>
    texts.flatMap((one, at) => texts.slice(at + 1).filter((other) => meet(one, other)).map((other) => `${one.text} × ${other.text}`)));
}

/** How high the band of a fault is, and how short one that is over in a moment. */
const BAND_HEIGHT = 17;
const MOMENT = 10;

/** The names of faults that begin in a band and run past its end. */
export async function strays(page) {
  const [texts, rects] = await page.locator(".stage canvas").evaluate(({ texts, rects }) => [texts, rects]);
  const bands = rects.filter(({ x0, x1, y0, y1 }) => y1 - y0 === BAND_HEIGHT && x1 - x0 >= MOMENT);
  const holds = (band, { y0, y1 }, x) => band.y0 <= y0 + 2 && y1 - 2 <= band.y1 && band.x0 <= x && x <= band.x1 + 1;
  return texts.filter((text) => bands.some((band) => holds(band, text, text.x0)) && !bands.some((band) => holds(band, text, text.x0) && holds(band, text, text.x1))).map(({ text }) => text);
}

/** The figures at the head of a page, by name. */
export const facts = (page) =>
  page.locator(".facts dl > div").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.querySelector("dt").textContent, one.querySelector("dd").textContent])));

/**
 * How often the ink of a colour of the style is on the stage, or on another canvas below its first
 * rows.
 */
export const ink = (page, name, where = ".stage canvas", top = 0) =>
  page.evaluate(([name, where, top]) => {
    const probe = document.createElement("span");
    document.body.append(probe);
    const rgb = (style) => {
      probe.style.color = style;
      return getComputedStyle(probe).color.match(/\d+/g).map(Number);
    };
    const [r, g, b] = rgb(`var(--${name})`);
    probe.remove();
    const canvas = document.querySelector(where);
    const { data } = canvas.getContext("2d").getImageData(0, top, canvas.width, canvas.height - top);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 6 && data[at + 3] > 250) count++;
    }
    return count;
  }, [name, where, top]);

/**
 * Takes steps one by one, each until it is drawn; gives what each cost the page's main thread in milliseconds of CPU, the
 * least first: a clock on the wall would tell what else the machine has to do.
 */
export async function costs(page, steps) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
  };
  const costs = [];
  for (const step of steps) {
    const before = await spent();
    await step();
    await settle(page);
    costs.push((await spent()) - before);
  }
  await session.detach();
  return costs.sort((a, b) => a - b);
}

/** The costs in words. */
export function told(costs) {
  const at = (share) => costs[Math.floor((costs.length - 1) * share)].toFixed(1);
  return `${costs.length} steps, CPU of each: median ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`;
}
