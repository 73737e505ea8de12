// The README's table of platforms, made from the plugins' manifests and the table of conformance.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageFolders, ROOT } from "./packages.mjs";

const BEGIN = "<!-- platforms: made by `npx -y pnpm@12 generate` -->\n";
const END = "<!-- /platforms -->";

/** Lines of the conformance suite that say whether a column holds. */
const SHOWN_BY = { dms: ["B1", "C2"], groups: ["B2", "C3"], accounts: ["A5"] };

/** Brings the table up to date, from what was built last. */
export async function writePlatforms() {
  const read = (path) => readFileSync(join(ROOT, path), "utf8");
  const readme = withPlatforms(read("README.md"), await pluginManifests(), read("docs/conformance.md"));
  writeFileSync(join(ROOT, "README.md"), readme);
}

/** The manifests of all plugins, as they were built last. */
export function pluginManifests() {
  const plugins = packageFolders().filter((folder) => /^packages.plugin-/.test(folder));
  return Promise.all(
    plugins.map(async (folder) => {
      const module = await import(pathToFileURL(join(ROOT, folder, "dist/manifest.js")).href);
      return module.manifest;
    }),
  );
}

/**
 * @param {string} readme
 * @param {readonly { name: string, package: string, env: object, credentials: readonly { keys: readonly string[] }[] }[]} manifests of the plugins
 * @param {string} conformance text of docs/conformance.md
 * @returns {string} the README with its table as it should be
 */
export function withPlatforms(readme, manifests, conformance) {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`README.md: the lines ${BEGIN.trim()} and ${END} are gone`);
  return `${before}${BEGIN}${platformsTable(manifests, readConformance(conformance))}${END}${after}`;
}

function platformsTable(manifests, results) {
  const rows = [...manifests]
    .sort((a, b) => a.name.localeCompare(b.name))
    .map((manifest) => {
      const lines = results.get(manifest.name);
      const passes = (ids) => {
        if (lines === undefined) return "not checked";
        return ids.every((id) => /^\d+ pass/.test(lines.get(id) ?? "")) ? "yes" : "no";
      };
      const folder = `packages/${manifest.package.split("/")[1]}`;
      return [
        manifest.name,
        `[\`${manifest.package}\`](${folder})`,
        manifest.credentials.map((credential) => signIn(credential, manifest)).join(", or "),
        passes(SHOWN_BY.dms),
        passes(SHOWN_BY.groups),
        passes(SHOWN_BY.accounts),
        stateOf(lines),
      ];
    });
  const head = [
    "Platform",
    "Package",
    "Signs in with",
    "Private chats",
    "Groups",
    "Several accounts",
    "State",
  ];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function signIn({ keys }, { env }) {
  if (keys.length === 0) return "nothing";
  return keys.map((key) => `\`${key}\`${env[key] ? ` (\`${env[key][0]}\`)` : ""}`).join(" and ");
}

function stateOf(lines) {
  if (lines === undefined) return "not in the [conformance suite](docs/conformance.md) yet";
  return [...lines.values()].some((cell) => /FAIL|not checked/.test(cell))
    ? "does not pass all of the [conformance suite](docs/conformance.md)"
    : "passes the [conformance suite](docs/conformance.md)";
}

/** What the table of conformance says, by connector and line. */
function readConformance(text) {
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
  const [head = [], , ...lines] = rows;
  return new Map(
    head.slice(2).map((name, index) => [name, new Map(lines.map((cells) => [cells[0], cells[index + 2]]))]),
  );
}
