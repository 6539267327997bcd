// A headless Chromium with a profile of its own that speaks to nobody.

import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

/**
 * Starts the browser of $CHROMIUM, or the one that is installed, with a profile in this directory.
 */
export function launch(profile) {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? execFileSync("which", ["chromium"]).toString().trim(),
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
}
