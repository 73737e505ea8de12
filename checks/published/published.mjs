// What a user gets. Every step leaves its words here or ends all with an error.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageFolders, readManifest } from "../../scripts/packages.mjs";
import { npm, pnpm, start } from "./commands.mjs";
import { runExamples } from "./examples.mjs";
import { problemsOfTree } from "./expected-tree.mjs";
import { simulate } from "./platform.mjs";
import { publishAll } from "./publish.mjs";
import { startRegistry } from "./registry.mjs";
import { checkSizes } from "./sizes.mjs";
import { bytesIn, installed } from "./tree.mjs";
import { checkExampleTypes, checkTypes } from "./types.mjs";

const CORE = "@elizaos/connector-core";
const HOST = "@elizaos/connector-agent";

const folders = packageFolders().filter((folder) => !readManifest(folder).private);
const names = folders.map((folder) => readManifest(folder).name);
const plugins = names.filter((name) => name.startsWith("@elizaos/plugin-"));
const version = `99.0.0-published.${Date.now()}`;

const scratch = mkdtempSync(join(tmpdir(), "connectors-published-"));
let registry;
try {
  registry = await startRegistry(join(scratch, "registry"), names);
  await publishAll({ folders, version, into: mkdir("packed"), npmrc: registry.npmrc });
  console.log(`published ${names.length} packages as ${version}`);

  const sizes = {};
  for (const name of names) sizes[name] = await install(name);
  for (const plugin of plugins) await installWithPnpm(plugin);
  for (const plugin of plugins) {
    await answers(plugin, "a program of ten lines", await program(plugin));
    await answers(plugin, "the host", await host(plugin));
  }
  await runExamples({ into: mkdir("examples"), names, version, npmrc: registry.npmrc });
  await types();
  checkSizes(sizes, { write: process.argv.includes("--write") });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await registry?.close();
  rmSync(scratch, { recursive: true, maxRetries: 3 });
}

/** An empty folder of a user's. */
function mkdir(name) {
  const folder = join(scratch, name);
  mkdirSync(folder);
  writeFileSync(join(folder, ".npmrc"), registry.npmrc);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  return folder;
}

/** Installs one package with npm. Resolves with what that put on the disk. */
async function install(name) {
  const cwd = mkdir(`npm-${short(name)}`);
  await npm(["install", `${name}@${version}`], { cwd });
  const packages = installed(cwd);
  checkTree(name, packages, "npm");
  return { packages: packages.length, bytes: bytesIn(join(cwd, "node_modules")) };
}

async function installWithPnpm(plugin) {
  const cwd = mkdir(`pnpm-${short(plugin)}`);
  await pnpm(["add", `${plugin}@${version}`], { cwd });
  checkTree(plugin, installed(cwd), "pnpm");
}

function checkTree(name, packages, manager) {
  const own = packages.find((each) => each.name === name);
  const problems = plugins.includes(name) ? problemsOfTree(name, packages, version) : [];
  if (own?.version !== version)
    problems.push(`version ${own?.version} was installed instead of the one published here`);
  if (problems.length > 0) throw new Error(`${manager} install of ${name}:\n  ${problems.join("\n  ")}`);
  if (plugins.includes(name)) console.log(`${manager}: ${name} and ${packages.length - 1} others: ok`);
}

/** A program that uses core as a library, in the folder into which pnpm installed the plugin. */
async function program(plugin) {
  const id = short(plugin).replace(/^plugin-/, "");
  const cwd = join(scratch, `pnpm-${short(plugin)}`);
  await pnpm(["add", `${CORE}@${version}`], { cwd });
  writeFileSync(
    join(cwd, "bot.js"),
    `import { createConnectorRuntime } from "${CORE}";
import { ${id} } from "${plugin}";

const runtime = await createConnectorRuntime({
  connectors: [${id}],
  config: { connectors: { ${id}: JSON.parse(process.env.CONFIG) } },
  agent: (turn) => \`You said: \${turn.text}\`,
});
await runtime.start();
process.once("SIGTERM", () => runtime.stop());
`,
  );
  return (config) => start(process.execPath, ["bot.js"], { cwd, env: { CONFIG: JSON.stringify(config) } });
}

/** The host, in the folder into which npm installed it, with the plugin installed beside it. */
async function host(plugin) {
  const id = short(plugin).replace(/^plugin-/, "");
  const cwd = join(scratch, `npm-${short(HOST)}`);
  await npm(["install", `${plugin}@${version}`], { cwd });
  return (config) => {
    writeFileSync(join(cwd, "milady.json"), JSON.stringify({ connectors: { [id]: config } }));
    const env = { MILADY_STATE_DIR: join(cwd, `state-${id}`), MILADY_CONFIG_PATH: "", MILADY_PORT: "0" };
    return start(join(cwd, "node_modules/.bin/milady"), ["start"], { cwd, env });
  };
}

async function answers(plugin, what, begin) {
  const platform = await simulate(short(plugin).replace(/^plugin-/, ""));
  const running = begin(platform.config);
  try {
    const answer = await platform.ask("hello from a user", running);
    if (!answer.includes("hello from a user")) throw new Error(`${what} answered "${answer}"`);
    console.log(`${plugin} in ${what}: answers`);
  } finally {
    await running.stop();
    await platform.close();
  }
}

async function types() {
  const cwd = mkdir("types");
  await npm(["install", ...names.map((name) => `${name}@${version}`), "@types/node@^24"], { cwd });
  await checkTypes(folders, cwd);
  await checkExampleTypes(cwd);
}

function short(name) {
  return name.slice("@elizaos/".length);
}
