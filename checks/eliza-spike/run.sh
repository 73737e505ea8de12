#!/bin/sh
# Installs and runs the spike: one direct message, answered inside the real @elizaos/core.
# Prints PASS or FAIL with the reason as its last line; ends with 0 or 1. Needs node and npm.
cd "$(dirname "$0")" || exit 1

if ! npx -y pnpm@12 install --frozen-lockfile --reporter=silent; then
  echo "FAIL the install failed: run 'npx -y pnpm@12 install --frozen-lockfile' in $(pwd) to see why"
  exit 1
fi

if node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 24 ? 0 : 1)'; then
  node spike.mjs
else
  npx -y -p node@24 node spike.mjs
fi
code=$?
# 1 is the spike's own verdict; 13, for one, is Node's word for a promise that never settles.
[ "$code" -le 1 ] || echo "FAIL the spike ended with code $code before it could say why"
[ "$code" -eq 0 ]
