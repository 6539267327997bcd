#!/usr/bin/env bash
# Whether the committed page is what its sources give. Where npm or its packages cannot be had there is
# nothing to compare with, and that is said; everything else that goes wrong is a failure.
set -euo pipefail
cd "$(dirname "$0")"
skip() {
  echo "picture: skipped, because $1: dist/picture.html was not compared with its sources"
  exit 0
}
command -v npm >/dev/null || skip "npm is missing"
if ! told=$(npm ci --fetch-retries=1 2>&1); then
  grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH' <<<"$told" && skip "its packages cannot be fetched"
  echo "$told" >&2
  exit 1
fi
npm run --silent build
git diff --exit-code -- dist || {
  echo "picture: dist/picture.html is not what the sources give; commit what 'npm run build' wrote" >&2
  exit 1
}
