#!/bin/sh
# Agents on elizaOS often run on Bun, which has node:sqlite since 1.4: the tests of the store, of core and of the glue to elizaOS on it.
# In threads, since vitest cannot end its child processes on Bun. Without one file, which holds what V8 says of a regular expression.
# Needs the workspace installed and built.
cd "$(dirname "$0")" || exit 1
npx -y pnpm@12 install --frozen-lockfile --reporter=silent || exit 1
bun=$PWD/node_modules/.bin/bun
cd ../.. || exit 1
unset TEST_REPORT
"$bun" --bun node_modules/vitest/vitest.mjs run --pool=threads --exclude '**/config-errors.test.ts' \
  packages/core/ packages/eliza/ packages/testkit/test/store-
