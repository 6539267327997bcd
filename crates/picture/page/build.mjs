// Builds dist/picture.html: the template with one script and one style inside. The page's policy
// names both by their hashes, so nothing else can ever run in it, whatever its data holds.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const SIZE_MAX = 150_000;

async function bundle(entry, options) {
  const result = await build({
    entryPoints: [join(here, "src", entry)],
    bundle: true,
    minify: true,
    write: false,
    charset: "ascii",
    legalComments: "none",
    logLevel: "warning",
    ...options,
  });
  return result.outputFiles[0].text.trimEnd();
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const script = await bundle("main.ts", { format: "iife", target: "es2022" });
const style = await bundle("style.css", { loader: { ".css": "css" } });
for (const text of [script, style]) {
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error("what is embedded would end its element");
}

const template = readFileSync(join(here, "src", "page.html"), "utf8");
// Replaced by functions, because `$` in the texts means nothing there.
const page = template
  .replace("{{script hash}}", () => hash(script))
  .replace("{{style hash}}", () => hash(style))
  .replace("{{style}}", () => style)
  .replace("{{script}}", () => script);
if (page.length > SIZE_MAX) throw new Error(`${page.length} bytes are too many for one page`);
if (page.split('"the data"').length !== 2) throw new Error("the data needs one place of its own");

mkdirSync(join(here, "dist"), { recursive: true });
writeFileSync(join(here, "dist", "picture.html"), page);
console.log(`dist/picture.html: ${page.length} bytes`);
