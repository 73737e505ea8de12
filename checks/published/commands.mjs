import { spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";

/** Programs run on the Node that runs this, which is one that our packages promise to work on. */
const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;

/** Starts a program; what it writes is kept in `output` and never shown. */
export function start(command, args, { cwd, env = {} }) {
  const child = spawn(command, args, { cwd, env: { ...surroundings(), ...env }, stdio: "pipe" });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
  const ended = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return {
    ended,
    output: () => Buffer.concat(output).toString(),
    /** Resolves when the program has ended. */
    async stop() {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(force);
    },
  };
}

/** Resolves with what the program wrote. @throws Error with that, when it fails */
export async function run(command, args, options) {
  const program = start(command, args, options);
  const code = await program.ended;
  if (code === 0) return program.output();
  throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${program.output()}`);
}

export const npm = (args, options) => run("npm", ["--no-audit", "--no-fund", ...args], options);
export const pnpm = (args, options) => run("npx", ["-y", "pnpm@12", ...args], options);

export async function npmConfig(key) {
  return (await run("npm", ["config", "get", key], { cwd: process.cwd() })).trim();
}

/** Without what pnpm tells the scripts that it runs: npm would take that for its own config. */
function surroundings() {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_(?!config_registry)/i.test(name));
  return { ...Object.fromEntries(kept), PATH };
}
