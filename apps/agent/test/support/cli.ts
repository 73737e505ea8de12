import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
/** That of the whole test run: hosts otherwise begin with an empty state directory each and compile everything. */
export const COMPILE_CACHE = process.env["NODE_COMPILE_CACHE"] ?? "";
/** How long output or an exit is waited for, in ms; only a broken host takes this long. */
const PATIENCE_MS = 15_000;

/** Runs after the test, last added first. */
export function afterThisTest(cleanup: () => unknown): void {
  onTestFinished(async () => void (await cleanup()));
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the workspace. */
  readonly cwd?: string;
  /** Standard input, whole. Default: there is none. */
  readonly input?: string;
}

/** A folder with a home, a state directory and files of its own; removed after the test. */
export class Workspace {
  readonly path = mkdtempSync(join(tmpdir(), "milady-test-"));
  readonly stateDir = join(this.path, "state");

  constructor() {
    afterThisTest(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** Writes a file; what is not text becomes JSON. */
  file(name: string, content: unknown): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  /** Starts `milady` with a clean environment; killed after the test if it still runs. */
  run(args: readonly string[], { env = {}, cwd = this.path, input }: RunOptions = {}): Running {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: this.path,
        TMPDIR: this.path,
        MILADY_STATE_DIR: this.stateDir,
        MILADY_PORT: "0",
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        ...env,
      },
    });
    child.stdin?.end(input);
    const running = new Running(child);
    afterThisTest(() => running.kill());
    return running;
  }

  /** Runs `milady` to its end. */
  async finish(args: readonly string[], options?: RunOptions): Promise<Finished> {
    return await this.run(args, options).finished();
  }
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A child process and what it has said so far. */
export class Running {
  readonly #child: ChildProcess;
  readonly #finished: Promise<Finished>;
  readonly #watchers = new Set<() => void>();
  stdout = "";
  stderr = "";

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#add("stdout", text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#add("stderr", text));
    this.#finished = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
        this.#look();
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the first match in the output, past or future; rejects with all output when none comes. */
  says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const fail = (why: string) => {
        end();
        reject(
          new Error(`${why} before it said ${pattern}.\nstdout:\n${this.stdout}\nstderr:\n${this.stderr}`),
        );
      };
      const look = () => {
        const match = pattern.exec(`${this.stdout}\n${this.stderr}`);
        if (match !== null) {
          end();
          resolve(match);
        } else if (this.#child.exitCode !== null || this.#child.signalCode !== null)
          fail("The process ended");
      };
      const timer = setTimeout(() => fail(`${PATIENCE_MS} ms went by`), PATIENCE_MS);
      this.#watchers.add(look);
      look();
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the process has ended. */
  async finished(): Promise<Finished> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`It still runs.\nstdout:\n${this.stdout}\nstderr:\n${this.stderr}`)),
        PATIENCE_MS,
      );
    });
    try {
      return await Promise.race([this.#finished, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#finished;
  }

  #add(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }
}
