#!/usr/bin/env bash
# Whether the committed page is what its sources give. Without npm there is nothing to compare with.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v npm >/dev/null; then
  echo "picture: skipped, because npm is missing: dist/picture.html was not compared with its sources"
  exit 0
fi
npm ci --silent
npm run --silent build
git diff --exit-code -- dist || {
  echo "picture: dist/picture.html is not what the sources give; commit what 'npm run build' wrote" >&2
  exit 1
}
