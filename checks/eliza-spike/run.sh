#!/bin/sh
# Installs and runs the spike: the toy connector inside the real @elizaos/core.
# Prints PASS or FAIL with the reason as its last line; ends with 0 or 1. Needs node and npm, and the workspace built.
cd "$(dirname "$0")" || exit 1

for built in core/dist/index.js simulators/dist/kit/index.js testkit/dist/toy/index.js; do
  [ -f "../../packages/$built" ] && continue
  echo "FAIL packages/$built is not there: run 'npx -y pnpm@12 build' at the root of the repository first"
  exit 1
done

if ! npx -y pnpm@12 install --frozen-lockfile --reporter=silent; then
  echo "FAIL the install failed: run 'npx -y pnpm@12 install --frozen-lockfile' in $(pwd) to see why"
  exit 1
fi

# The workspace's own Node, where it is installed.
if [ -x ../../node_modules/.bin/node ]; then
  ../../node_modules/.bin/node spike.mjs
else
  npx -y -p node@24 node spike.mjs
fi
code=$?
# 1 is the spike's own verdict; 13, for one, is Node's word for a promise that never settles.
[ "$code" -le 1 ] || echo "FAIL the spike ended with code $code before it could say why"
[ "$code" -eq 0 ]
