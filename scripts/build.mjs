// In a package's folder: writes its dist anew. JavaScript is bundled into a few files, since a host that loads hundreds of small modules
// starts later and needs more memory; declarations are tsc's, one per source. What package.json names in `exports`, `imports` and `bin` has
// the place in dist that its source has in src; what is imported with `import()` stays a file of its own, which is read when it is needed.
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { entries, ROOT } from "./packages.mjs";

const TSC = join(ROOT, "node_modules/.bin/tsc");
/** What the TypeScript of every package is written for; tsc only checks it. */
const TARGET = "es2023";

rmSync("dist", { recursive: true, force: true });
const [status] = await Promise.all([
  writeDeclarations(),
  writeBundle(JSON.parse(readFileSync("package.json", "utf8"))),
]);
process.exitCode = status;

/** Resolves with tsc's exit code; it has told what is wrong. */
function writeDeclarations() {
  const child = spawn(TSC, ["-p", "tsconfig.json", "--emitDeclarationOnly"], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}

async function writeBundle(manifest) {
  const bundle = await rolldown({
    input: Object.fromEntries(entries(manifest).map((name) => [name, `src/${name}.ts`])),
    platform: "node",
    external: [/^node:/, ...libraries(manifest)],
    tsconfig: "tsconfig.json",
    transform: { target: TARGET },
    // It takes calls for free of effects that are made for the error they throw, such as that of `decodeURIComponent`.
    treeshake: false,
    // Such as a library that package.json does not name, or an `import()` of what is loaded anyhow.
    onLog: (level, log, tell) => tell(level === "warn" ? "error" : level, log),
  });
  await bundle.write({
    dir: "dist",
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    sourcemap: true,
    // They are published beside it.
    sourcemapExcludeSources: true,
    // Stack traces are read by people.
    minify: false,
    minifyInternalExports: false,
    comments: { jsdoc: false },
    // One character beyond Latin-1 would make V8 keep the whole file in two bytes per character.
    charset: "ascii",
  });
}

/** What is installed beside the package, with every path into it. */
function libraries({ dependencies, optionalDependencies, peerDependencies }) {
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  return names.map((name) => new RegExp(`^${name.replaceAll(".", "\\.")}(/|$)`));
}
