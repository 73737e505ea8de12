import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { onTestFinished } from "vitest";

/** Prints what it was given. `start` then prints signals, answers lines, and ends with code 7 when its input ends. */
const HOST = `
  const say = (line) => process.stdout.write(line + "\\n");
  if (process.argv[2] === "start") {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => say(signal));
    process.stdin.on("data", () => say("pong")).on("end", () => process.exit(7));
  }
  if (process.argv[2] === "exit") process.exitCode = Number(process.argv[3]);
  say(JSON.stringify({ argv: process.argv.slice(2), cwd: process.cwd() }));
`;

/**
 * Stands in for pnpm, and for npx as long as that is asked for pnpm 12: notes what it shall do, and "builds" the host.
 * A file "hold" makes it wait, "broken.<task>" makes it fail.
 */
const PNPM = `#!${process.execPath}
  const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require("node:fs");
  const [command] = process.argv.slice(2).join(" ").replace(/^-y pnpm@12 /, "").split(" ");
  const task = command === "exec" ? "build" : command;
  appendFileSync("pnpm.log", task + "\\n");
  console.log("chatter of " + task);
  if (task === "build") {
    mkdirSync("apps/agent/dist", { recursive: true });
    writeFileSync("apps/agent/dist/cli.js", ${JSON.stringify(HOST)});
  }
  const timer = setInterval(() => {
    if (existsSync("hold")) return;
    clearInterval(timer);
    if (existsSync("broken." + task)) { console.log("the cause of it"); process.exitCode = 3; }
  }, 5);
`;

interface LaunchOptions {
  nodeArgs?: string[];
  /** The folder where the command was typed. */
  cwd?: string;
  by?: "npm" | "pnpm";
}

/** A checkout with the real scripts around a host and a pnpm of its own. */
export class Checkout {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), "checkout-")));

  constructor() {
    onTestFinished(() => rmSync(this.root, { recursive: true }));
    cpSync(dirname(import.meta.dirname), join(this.root, "scripts"), { recursive: true });
    for (const folder of ["packages/core", "apps/agent"]) {
      this.write(`${folder}/package.json`, "{}");
      this.write(`${folder}/src/index.ts`, "export {};");
    }
    for (const name of ["pnpm", "npx"]) this.write(`bin/${name}`, PNPM, 0o755);
    mkdirSync(join(this.root, "node_modules/node/bin"), { recursive: true });
    symlinkSync(process.execPath, join(this.root, "node_modules/node/bin/node"));
  }

  write(path: string, content: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content, { mode });
  }

  remove(path: string): void {
    rmSync(join(this.root, path), { recursive: true });
  }

  /** What pnpm was asked to do since the last time this was called. */
  pnpmCalls(): string[] {
    const log = join(this.root, "pnpm.log");
    if (!existsSync(log)) return [];
    const calls = readFileSync(log, "utf8").trim().split("\n");
    rmSync(log);
    return calls;
  }

  launch(args: string[], { nodeArgs = [], cwd = this.root, by = "pnpm" }: LaunchOptions = {}): Launch {
    const environments = {
      pnpm: { npm_config_user_agent: "pnpm/12.0.0 linux", npm_execpath: join(this.root, "bin/pnpm") },
      npm: { npm_config_user_agent: "npm/11.0.0 linux", PATH: join(this.root, "bin") },
    };
    const child = spawn(process.execPath, [...nodeArgs, "scripts/launch.mjs", ...args], {
      cwd: this.root,
      env: { INIT_CWD: cwd, ...environments[by] },
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    return new Launch(child);
  }
}

/** A launcher under way, leader of a process group of its own. */
export class Launch {
  readonly stdout: Lines;
  readonly stderr: Lines;
  /** The exit code, once the process has ended and all it printed can be read. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    this.stdout = new Lines(child.stdout);
    this.stderr = new Lines(child.stderr);
    this.ended = once(child, "close").then(([code]) => (typeof code === "number" ? code : null));
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  endInput(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As Ctrl-C in a terminal does, and as pnpm and timeout(1) do. */
  killGroup(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }
}

class Lines {
  readonly #lines: AsyncIterator<string>;

  constructor(stream: Readable) {
    this.#lines = createInterface(stream)[Symbol.asyncIterator]();
  }

  async next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : value;
  }

  async rest(): Promise<string[]> {
    const lines: string[] = [];
    for (let line = await this.next(); line !== undefined; line = await this.next()) lines.push(line);
    return lines;
  }
}
