#!/bin/sh
# Our plugins inside the real @elizaos/core, 1.7 and the newest 2.0 prerelease: types, then scenes (`run.sh PATTERN` for some).
# One line per scene, PASS or FAIL with the reason; ends with 0 or 1. Needs node and npm, and the workspace built.
cd "$(dirname "$0")" || exit 1

for built in core eliza simulators testkit plugin-telegram; do
  [ -d "../../packages/$built/dist" ] && continue
  echo "FAIL packages/$built is not built: run 'npx -y pnpm@12 build' at the root of the repository first"
  exit 1
done

if ! npx -y pnpm@12 install --frozen-lockfile --reporter=silent; then
  echo "FAIL the install failed: run 'npx -y pnpm@12 install --frozen-lockfile' in $(pwd) to see why"
  exit 1
fi

if ../../node_modules/.bin/tsc -p .; then
  echo "PASS our plugins and our runtime fit the types of both releases"
else
  echo "FAIL the types do not fit"
  exit 1
fi
exec ../../node_modules/node/bin/node scenes.mjs "$@"
