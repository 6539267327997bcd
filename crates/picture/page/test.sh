#!/usr/bin/env bash
# Opens generated pages in a headless Chromium. Installs what it needs: packages of npm, and on Debian
# the browser, if there is none. Needs a built candor: $CANDOR, or the one in target/.
set -euo pipefail
cd "$(dirname "$0")"
if ! command -v chromium >/dev/null && [ -z "${CHROMIUM:-}" ]; then
  apt-get install -y --no-install-recommends chromium
fi
if [ -z "${CANDOR:-}" ]; then
  (cd ../../.. && cargo build --release --quiet --package candor)
  target="${CARGO_TARGET_DIR:-../../../target}"
  CANDOR="$target/release/candor"
fi
export CANDOR
[ -d node_modules ] || npm ci --silent
exec npm test --silent
