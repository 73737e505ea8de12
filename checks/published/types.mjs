import { cpSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ROOT, readManifest } from "../../scripts/packages.mjs";
import { run } from "./commands.mjs";

const require = createRequire(import.meta.url);

/** What the READMEs say that a TypeScript user needs, and nothing that would hide an error in our declarations. */
const OPTIONS = {
  module: "nodenext",
  target: "es2022",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Compilers, and what can be said of packages with each of them. Hono's declarations, which tools for tests lean on, are not for 5.4. */
const COMPILERS = {
  "typescript-5.4": (folder) => !TOOLS_FOR_TESTS.includes(folder),
  "typescript-7": () => true,
};
const TOOLS_FOR_TESTS = ["packages/simulators", "packages/testkit"];

/** Type-checks every declaration that the packages in `folders`, installed in `cwd`, lead to. */
export async function checkTypes(folders, cwd) {
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, files: ["all.mts"] }));
  for (const [compiler, isFor] of Object.entries(COMPILERS)) {
    const imports = folders.filter(isFor).flatMap(entrances);
    const lines = imports.map((path, index) => `import * as m${index} from "${path}";\nvoid m${index};\n`);
    writeFileSync(join(cwd, "all.mts"), lines.join(""));
    await tsc(compiler, cwd);
    console.log(`${compiler}: ${imports.join(", ")}: ok`);
  }
}

/** Type-checks the example that is written in TypeScript, in `cwd`, where our packages are installed. */
export async function checkExampleTypes(cwd) {
  const example = join(cwd, "example");
  cpSync(join(ROOT, "examples/next"), example, { recursive: true });
  const compilerOptions = { ...OPTIONS, allowImportingTsExtensions: true };
  writeFileSync(join(example, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["**/*.ts"] }));
  await tsc("typescript-7", example);
  console.log("typescript-7: examples/next: ok");
}

async function tsc(compiler, cwd) {
  const bin = join(dirname(require.resolve(`${compiler}/package.json`)), "bin/tsc");
  await run(process.execPath, [bin, "-p", "."], { cwd });
}

/** What can be imported with types from the package in a folder. */
function entrances(folder) {
  const { name, exports } = readManifest(folder);
  return Object.keys(exports)
    .filter((path) => exports[path].types !== undefined)
    .map((path) => join(name, path));
}
