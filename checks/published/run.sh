#!/bin/sh
# Publishes every package to a registry on this machine and does with them what users do. `--write` takes the sizes that it measures
# into sizes.json and docs/sizes.md. Needs the workspace installed and built.
cd "$(dirname "$0")" || exit 1
npx -y pnpm@12 install --frozen-lockfile --reporter=silent || exit 1
exec ../../node_modules/.bin/node published.mjs "$@"
