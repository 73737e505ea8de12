// node scripts/conformance.mjs: runs the conformance suites, prints the table connector x check and writes docs/conformance.md,
// and what the README says of it.
// node scripts/conformance.mjs --check <report>: only compares that file with a report of vitest.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { conformanceTable, readReport } from "./conformance-table.mjs";
import { ROOT } from "./packages.mjs";
import { writePlatforms } from "./platforms-table.mjs";
import { exclusively, installAndRun } from "./workspace.mjs";

const PAGE = join(ROOT, "docs/conformance.md");
const NODE = join(ROOT, "node_modules/node/bin/node");
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const LINES = join(ROOT, "packages/testkit/dist/conformance/lines.js");

const [mode, report] = process.argv.slice(2);
process.exitCode = mode === "--check" ? await check(report ?? "") : await run();

async function run() {
  const built = await exclusively(() => installAndRun("build", [], { quiet: true }));
  if (built !== 0) return built;
  const folder = mkdtempSync(join(tmpdir(), "conformance-table-"));
  try {
    const file = join(folder, "report.json");
    const args = [
      VITEST,
      "run",
      "conformance.test",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
    ];
    const { status } = spawnSync(NODE, args, { cwd: ROOT, stdio: "inherit" });
    if (!existsSync(file)) return status ?? 1;
    const page = await pageFrom(file);
    writeFileSync(PAGE, page);
    await writePlatforms();
    console.log(`\n${page}`);
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function check(file) {
  if (!existsSync(file)) {
    console.error(`There is no report at ${file}: the tests did not run to their end.`);
    return 1;
  }
  if (existsSync(PAGE) && readFileSync(PAGE, "utf8") === (await pageFrom(file))) return 0;
  console.error(
    "docs/conformance.md is stale: the conformance suites gave another table. Run: npx -y pnpm@12 conformance",
  );
  return 1;
}

async function pageFrom(file) {
  const { LINES: lines } = await import(pathToFileURL(LINES).href);
  return conformanceTable(readReport(JSON.parse(readFileSync(file, "utf8"))), lines);
}
