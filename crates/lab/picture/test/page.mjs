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

/** How often the ink of a colour of the style is on the stage. */
export const ink = (page, name) =>
  page.evaluate((name) => {
    const probe = document.createElement("span");
    document.body.append(probe);
    const rgb = (style) => {
      probe.style.color = style;
      return getComputedStyle(probe).color.match(/\d+/g).map(Number);
    };
    const [r, g, b] = rgb(`var(--${name})`);
    probe.remove();
    const canvas = document.querySelector(".stage canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (Math.abs(data[at] - r) + Math.abs(data[at + 1] - g) + Math.abs(data[at + 2] - b) < 6 && data[at + 3] > 250) count++;
    }
    return count;
  }, name);

/** Long tasks while something is done, in milliseconds. */
export async function tasks(page, act) {
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration))).observe({ entryTypes: ["longtask"] });
  });
  await act();
  return page.evaluate(() => window.tasks);
}

/** Times between frames while something is done, in milliseconds, the longest last. */
export async function frames(page, act) {
  await page.evaluate(() => {
    window.frames_ms = [];
    let last = performance.now();
    const next = (now) => {
      window.frames_ms.push(now - last);
      last = now;
      window.frames_on = requestAnimationFrame(next);
    };
    window.frames_on = requestAnimationFrame(next);
  });
  await act();
  return page.evaluate(() => {
    cancelAnimationFrame(window.frames_on);
    return window.frames_ms.sort((a, b) => a - b);
  });
}
