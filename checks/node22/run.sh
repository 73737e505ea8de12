#!/bin/sh
# The published packages promise Node 22.13 or newer: their tests on the newest Node 22. Needs the workspace installed and built.
cd "$(dirname "$0")" || exit 1
npx -y pnpm@12 install --frozen-lockfile --reporter=silent || exit 1
node=$PWD/node_modules/.bin/node
cd ../.. || exit 1
unset TEST_REPORT
NODE_OPTIONS=--disable-warning=ExperimentalWarning "$node" node_modules/vitest/vitest.mjs run --project core --project testkit --project plugin-telegram --project conformance
