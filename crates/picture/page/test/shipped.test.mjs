// Runs every file that is shipped and looks at every page that they leave, wide and narrow.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { before, test } from "node:test";
import { candor, collisions, open, overflow, overprints, pages, root, settle, shoot, strays } from "./page.mjs";

const files = ["scenarios", "test"].flatMap((folder) =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith(".json")).sort().map((name) => join(root, folder, name)));

/** The page that each file left, by the file's name. */
const left = new Map();

before(() => {
  for (const file of files) {
    const done = spawnSync(candor, ["run", "--json", file], { cwd: pages, encoding: "utf8" });
    const run = JSON.parse(done.stdout).runs.at(-1);
    assert.ok(run?.directory, `${file}: ${done.stderr}`);
    left.set(basename(file, ".json"), join(pages, run.directory, "report.html"));
  }
});

for (const name of files.map((file) => basename(file, ".json"))) {
  test(`no word lies on another on the page of ${name}`, async (t) => {
    for (const [width, theme] of [[1400, "light"], [390, "dark"]]) {
      const page = await open(t, left.get(name), { width, theme });
      await shoot(page, `shipped-${name}-${width}`);
      for (const view of ["as it opens", "nearer", "whole"]) {
        if (view === "nearer") await page.getByRole("button", { name: "Zoom in" }).click();
        if (view === "whole") await page.getByRole("button", { name: "Show everything" }).click();
        await settle(page);
        const where = `${name} at ${width} px, ${view}`;
        assert.deepEqual(await overprints(page), [], where);
        assert.deepEqual(await collisions(page), [], where);
        assert.deepEqual(await strays(page), [], where);
        assert.equal(await overflow(page), 0, where);
      }
    }
  });
}
