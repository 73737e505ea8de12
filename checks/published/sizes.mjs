import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../../scripts/packages.mjs";

const DATA = fileURLToPath(new URL("sizes.json", import.meta.url));
const PAGE = join(ROOT, "docs/sizes.md");
const MB = 1_000_000;
/** What is installed today may differ from what is written down by this much, since dependencies get releases. */
const TOLERANCE = 0.15;

/**
 * Prints what the packages weigh and holds them to their budgets, and the page to both. With `write` it takes down what was measured, and
 * gives a package that is new a budget; others are changed by hand.
 *
 * @throws Error that names every package above its budget
 */
export function checkSizes(measured, { write }) {
  const written = JSON.parse(readFileSync(DATA, "utf8"));
  const rows = Object.keys(measured).map((name) => ({
    name,
    ...roomFor(measured[name]),
    ...written[name],
    ...rounded(measured[name]),
  }));
  console.log(`\n${table(rows)}`);
  if (write) {
    const data = Object.fromEntries(rows.map(({ name, ...row }) => [name, row]));
    writeFileSync(DATA, `${JSON.stringify(data, null, 2)}\n`);
    writeFileSync(PAGE, page(rows));
  }
  const problems = rows.flatMap((row) => problemsOf(row, write ? row : written[row.name]));
  const known = Object.keys(written).map((name) => ({ name, ...written[name] }));
  if (!write && readFileSync(PAGE, "utf8") !== page(known))
    problems.push("docs/sizes.md is not made from sizes.json");
  if (problems.length > 0)
    throw new Error(
      `${problems.join("\n")}\nBudgets are in checks/published/sizes.json; run.sh --write takes down sizes.`,
    );
}

function problemsOf({ name, mb, packages, budgetMb, budgetPackages }, written) {
  if (written === undefined) return [`${name} has no budget`];
  const problems = [];
  if (mb > budgetMb) problems.push(`${name} takes ${mb} MB, above its budget of ${budgetMb} MB`);
  if (packages > budgetPackages)
    problems.push(`${name} brings ${packages} packages, above its budget of ${budgetPackages}`);
  if (Math.abs(mb - written.mb) > Math.max(0.2, written.mb * TOLERANCE))
    problems.push(`${name} takes ${mb} MB; docs/sizes.md says ${written.mb} MB`);
  return problems;
}

/** The budget of a package that is new. */
function roomFor({ bytes, packages }) {
  return { budgetMb: Math.ceil((bytes / MB) * 1.15), budgetPackages: Math.ceil(packages * 1.15) };
}

function rounded({ bytes, packages }) {
  return { mb: Math.round((bytes / MB) * 10) / 10, packages };
}

function table(rows) {
  const lines = rows.map(
    ({ name, mb, budgetMb, packages, budgetPackages }) =>
      `| \`${name}\` | ${mb} MB | ${budgetMb} MB | ${packages} | ${budgetPackages} |`,
  );
  return ["| Package | Installed | Budget | Packages | Budget |", "|---|---|---|---|---|", ...lines, ""].join(
    "\n",
  );
}

function page(rows) {
  return `# Installed sizes

What \`npm install\` of one package into an empty folder puts there: all files below \`node_modules\`, in MB of 1,000,000 bytes, and how many
packages, the package itself and its dependencies included. Measured by \`checks/published/run.sh\`, which CI runs; it fails above a budget.

${table(rows)}
The host includes every plugin, the libraries of four model providers and the demo's simulators; the test kit includes vitest, which npm
installs as its peer.
`;
}
