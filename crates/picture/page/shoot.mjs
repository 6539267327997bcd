// Takes a picture of a page, such as those in docs/images: node shoot.mjs PAGE.html OUT.png
// [light|dark] [WIDTH]

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./test/browser.mjs";

const [page, out, theme = "light", width = "1040"] = process.argv.slice(2);
if (!page || !out) {
  console.error("usage: node shoot.mjs PAGE.html OUT.png [light|dark] [WIDTH]");
  process.exit(2);
}
const profile = mkdtempSync(join(tmpdir(), "candor-shoot-"));
const browser = await launch(profile);
try {
  const tab = await browser.newPage();
  await tab.setViewportSize({ width: Number(width), height: 800 });
  await tab.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  await tab.goto(pathToFileURL(resolve(page)).href);
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await tab.screenshot({ path: out, fullPage: true });
} finally {
  await browser.close();
  rmSync(profile, { recursive: true, force: true });
}
