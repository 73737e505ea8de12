import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../packages.mjs";
import { pluginManifests, withPlatforms } from "../platforms-table.mjs";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("the README's table is the one that manifests and conformance make; mend it with: npx -y pnpm@12 generate", async () => {
  const readme = read("README.md");
  expect(withPlatforms(readme, await pluginManifests(), read("docs/conformance.md"))).toBe(readme);
});

const EMPTY = "a\n<!-- platforms: made by `npx -y pnpm@12 generate` -->\n<!-- /platforms -->\nb\n";

test("a platform claims what its checks show and no more", () => {
  const manifest = (name: string) => ({
    name,
    package: `@elizaos/plugin-${name.toLowerCase()}`,
    env: { token: ["TOKEN", "OLD_TOKEN"] },
    credentials: [{ keys: ["token", "app"] }, { keys: ["file"] }],
  });
  const conformance = [
    "| | What is checked | Alpha | Beta |",
    "| --- | --- | --- | --- |",
    "| A5 | Accounts | 2 pass | 1 lack |",
    "| B1 | A DM | 1 pass | 1 pass |",
    "| B2 | Groups | 1 pass | 1 lack |",
    "| C2 | dmPolicy | 8 pass | **1 FAIL**, 7 pass |",
    "| C3 | groupPolicy | 8 pass | **not checked** |",
  ].join("\n");
  const table = withPlatforms(EMPTY, ["Gamma", "Beta", "Alpha"].map(manifest), conformance).split("\n");
  expect(table.slice(4, 7)).toEqual([
    "| Alpha | [`@elizaos/plugin-alpha`](packages/plugin-alpha) | `token` (`TOKEN`) and `app`, or `file` | yes | yes | yes | passes the [conformance suite](docs/conformance.md) |",
    "| Beta | [`@elizaos/plugin-beta`](packages/plugin-beta) | `token` (`TOKEN`) and `app`, or `file` | no | no | no | does not pass all of the [conformance suite](docs/conformance.md) |",
    "| Gamma | [`@elizaos/plugin-gamma`](packages/plugin-gamma) | `token` (`TOKEN`) and `app`, or `file` | not checked | not checked | not checked | not in the [conformance suite](docs/conformance.md) yet |",
  ]);
});
